import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { follow, list, request } from './client.ts';
import { type EventLog, openEvents } from './events.ts';
import { type Handler, serve } from './socket.ts';

type Test = { teardown(end: () => void): unknown };

const MOST_ROWS = 10_000;

/** A control socket that answers `name`, `big` (a mebibyte), `follow` and `list`, and counts what it was asked. */
async function door(t: Test) {
  // A socket's path may have 107 bytes: too few for the folder of a test.
  const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'nlbd.sock');
  const log = openEvents(() => undefined);
  const asked: string[] = [];
  const sockets: Socket[] = [];
  const made = { rows: 0, ended: false };
  async function* rowsFor({ rows, fails, silent }: Record<string, unknown>) {
    try {
      for (let row = 0; row < Number(rows); row++) {
        if (fails === row) throw new Error('it is gone');
        made.rows++;
        yield { row, text: 'x'.repeat(1000) };
      }
      return silent ? undefined : { more: false };
    } finally {
      made.ended = true;
    }
  }
  const handle: Handler = async (command, parameters) => {
    asked.push(command);
    if (command === 'follow') return { follow: log.read };
    if (command === 'list') return { rows: rowsFor(parameters) };
    if (command === 'refuse') return { ok: false, error: 'not now' };
    return { ok: true, value: command === 'big' ? 'x'.repeat(1 << 20) : command };
  };
  const { server, close: hangUp } = await serve(path, handle);
  server.on('connection', (socket) => sockets.push(socket));
  const close = () => {
    hangUp();
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(close);
  return { path, log, asked, sockets, made, close };
}

/** Adds events until the condition holds; each is written to the reader as far as that takes it. */
async function addUntil(log: EventLog, done: () => boolean, most: number): Promise<number> {
  for (let added = 0; added < most; added++) {
    if (done()) return added;
    log.add('health', { why: 'y'.repeat(1000) });
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`not after ${most} events`);
}

t.test('one line, one answer; also when several come at once, or one comes in pieces', async (t) => {
  const { path } = await door(t);
  t.same(await request(path, { command: 'status' }), { ok: true, value: 'status' });
  t.same(await request(path, { command: 'refuse' }), { ok: false, error: 'not now' });
  const socket = connect(path);
  t.teardown(() => socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write('{"command":"one"}\n{"command":"two"}\n{"comm');
  t.equal((await lines.next()).value, '{"ok":true,"value":"one"}');
  t.equal((await lines.next()).value, '{"ok":true,"value":"two"}');
  socket.write('and":"three"}\nnonsense\n[]\n');
  t.equal((await lines.next()).value, '{"ok":true,"value":"three"}');
  t.match((await lines.next()).value, /"ok":false/);
  t.match((await lines.next()).value, /a request is/);
});

t.test('who hangs up before the answer is there harms nobody', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'nlbd.sock');
  const asked = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const { server, close } = await serve(path, async (command) => {
    asked.resolve();
    if (command === 'slow') await ready.promise;
    return { ok: true, value: command };
  });
  t.teardown(close);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect(path, () => socket.write('{"command":"slow"}\n'));
  const [served] = await accepted;
  // Not by `once`, which takes the error on the way for its own.
  const hungUp = new Promise((resolve) => served.once('close', resolve));
  await asked.promise;
  socket.destroy();
  await once(socket, 'close');
  ready.resolve();
  await hungUp;
  t.same(await request(path, { command: 'next' }), { ok: true, value: 'next' });
});

t.test('a line without an end is hung up on', async (t) => {
  const { path } = await door(t);
  const socket = connect(path, () => socket.write('x'.repeat(5000)));
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk;
  });
  await once(socket, 'close');
  t.equal(said, '', 'nothing is answered');
});

t.test('who follows is given what is kept, and then each event as it happens', async (t) => {
  const { path, log, close } = await door(t);
  log.add('health', { i: 1 });
  const lines: string[] = [];
  const { promise: both, resolve } = Promise.withResolvers<void>();
  const followed = follow(path, { command: 'follow' }, (line) => {
    lines.push(line);
    if (lines.length === 1) log.add('health', { i: 2 });
    else resolve();
  });
  await both;
  t.match(
    lines.map((line) => JSON.parse(line)),
    [
      { seq: 1, i: 1 },
      { seq: 2, i: 2 },
    ],
  );
  close();
  await t.rejects(followed, /hung up: it has ended/);
});

t.test(
  'a refusal is the answer to a follower too, and "no daemon" is distinguished from a daemon that went',
  async (t) => {
    const { path, close } = await door(t);
    t.same(await follow(path, { command: 'refuse' }, () => undefined), { ok: false, error: 'not now' });
    close();
    await t.rejects(
      follow(path, { command: 'follow' }, () => undefined),
      /no nlbd answers/,
    );
  },
);

t.test('a follower that hangs costs no more than what is kept, and is hung up on when it falls behind', async (t) => {
  const { path, log, sockets } = await door(t);
  const hanging = connect(path, () => hanging.write('{"command":"follow"}\n'));
  t.teardown(() => hanging.destroy());
  hanging.pause();
  await once(hanging, 'connect');
  const stuck = () => (sockets[0]?.writableLength ?? 0) > 0;
  await addUntil(log, stuck, 5000);
  let most = 0;
  const added = await addUntil(
    log,
    () => {
      most = Math.max(most, sockets[0]?.writableLength ?? 0);
      return sockets[0]?.destroyed ?? false;
    },
    5000,
  );
  t.ok(added > 900 && added < 1100, `after ${added} events`);
  t.ok(most < 100_000, `${most} bytes waited for it`);
});

t.test('a follower that is slow misses nothing', async (t) => {
  const { path, log, sockets } = await door(t);
  const slow = connect(path, () => slow.write('{"command":"follow"}\n'));
  t.teardown(() => slow.destroy());
  slow.pause();
  await once(slow, 'connect');
  const added = await addUntil(log, () => (sockets[0]?.writableLength ?? 0) > 0, 5000);
  for (let i = 0; i < 500; i++) log.add('health', {});
  const seqs: number[] = [];
  for await (const line of createInterface({ input: slow })) {
    const { seq } = JSON.parse(line) as { seq?: number };
    if (seq !== undefined) seqs.push(seq);
    if (seq === added + 500) break;
  }
  t.same(
    seqs,
    Array.from({ length: added + 500 }, (_, i) => i + 1),
  );
});

t.test('a follower that hangs up is forgotten', async (t) => {
  const { path, log, sockets } = await door(t);
  const socket = connect(path, () => socket.write('{"command":"follow"}\n'));
  await once(socket, 'data');
  const [accepted] = sockets;
  if (!accepted) throw new Error('nobody connected');
  const closed = once(accepted, 'close');
  socket.end();
  await closed;
  t.ok(accepted.destroyed, 'without any event that would have shown it');
  log.add('health', {});
});

t.test('who asks and takes no answers is asked no more: its requests wait with it', async (t) => {
  const { path, asked, sockets } = await door(t);
  const greedy = connect(path, () => greedy.write('{"command":"big"}\n'.repeat(100)));
  t.teardown(() => greedy.destroy());
  greedy.pause();
  await once(greedy, 'connect');
  const other = async () => t.same(await request(path, { command: 'status' }), { ok: true, value: 'status' });
  for (let i = 0; i < 20; i++) await other();
  const bigs = asked.filter((command) => command === 'big').length;
  t.equal(bigs, 1, 'a second answer is not made before the first is taken');
  t.ok((sockets[0]?.writableLength ?? 0) < 2 << 20);
  let bytes = 0;
  for await (const piece of greedy) {
    bytes += (piece as Buffer).length;
    if (bytes >= 100 << 20) break;
  }
  t.equal(asked.filter((command) => command === 'big').length, 100, 'and none is lost');
});

t.test('who has something listed is given each row, and what stands at the end', async (t) => {
  const { path } = await door(t);
  const rows: unknown[] = [];
  const end = await list(path, { command: 'list', rows: 3 }, (row) => rows.push(row));
  t.same(end, { ok: true, value: { more: false } });
  t.match(rows, [{ row: 0 }, { row: 1 }, { row: 2 }]);
  const silent = { command: 'list', rows: 1, silent: true };
  t.same(await list(path, silent, (row) => t.match(row, { row: 0 })), { ok: true, value: null }, 'or that it is over');
  t.same(await list(path, { command: 'refuse' }, () => t.fail()), { ok: false, error: 'not now' });
  const socket = connect(path);
  t.teardown(() => socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.write('{"command":"list","rows":0}\n{"command":"after"}\n');
  for (const line of ['{"ok":true,"value":null}', '{"end":{"more":false}}', '{"ok":true,"value":"after"}'])
    t.equal((await lines.next()).value, line);
});

t.test('a list is made as fast as it is taken, and no more of it once the reader hangs up', async (t) => {
  const { path, made } = await door(t);
  const socket = connect(path, () => socket.write(`{"command":"list","rows":${MOST_ROWS}}\n`));
  await once(socket, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok(made.rows < MOST_ROWS, `${made.rows} rows wait for the reader`);
  socket.destroy();
  for (let turn = 0; turn < 1000 && !made.ended; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(made.ended);
  t.ok(made.rows < MOST_ROWS);
});

t.test('a list that cannot be gone on with ends the conversation, and the reader learns it', async (t) => {
  const { path } = await door(t);
  const rows: unknown[] = [];
  await t.rejects(
    list(path, { command: 'list', rows: 9, fails: 2 }, (row) => rows.push(row)),
    /hung up/,
  );
  t.equal(rows.length, 2);
});

t.test('a place that cannot be had is a promise that fails, so that whoever asked can clean up', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  const serving = serve(join(folder, 'file', 'nlbd.sock'), async () => ({ ok: true, value: null }));
  await t.rejects(serving, { code: /EEXIST|ENOTDIR/ });
});

t.test('whoever answers at the socket and is no daemon is called so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'other.sock');
  const other = createServer((socket) => socket.end('220 ready\r\n'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  t.teardown(() => other.close());
  const asked = { command: 'status' };
  const none = { message: /^no nlbd answers at .*other.sock \(what answers there is another program\)/ };
  await t.rejects(request(path, asked), none);
  await t.rejects(
    follow(path, asked, () => undefined),
    none,
  );
  await t.rejects(
    list(path, asked, () => undefined),
    none,
  );
});
