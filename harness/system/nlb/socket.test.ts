import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { answerAt, statusAt } from './socket.ts';

/** The path of a socket has at most 107 bytes, which a test's own folder exceeds. */
const folder = mkdtempSync(path.join(tmpdir(), 'onevip-socket-'));
t.teardown(() => rmSync(folder, { recursive: true }));
let daemons = 0;

/** A daemon that answers a request with these pieces, and then does as one that dies, or one that hangs. */
async function daemon(pieces: string[], hangsUp = false): Promise<string> {
  const file = path.join(folder, `${++daemons}`);
  const server = createServer((socket) => {
    socket.once('data', (request) => {
      t.same(JSON.parse(request.toString()), { command: 'status' });
      for (const piece of pieces) socket.write(piece);
      if (hangsUp) socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  t.teardown(() => server.close());
  return file;
}

t.test('the status is read, however the answer is cut into pieces', async (t) => {
  const value = { state: 'standby', fitness: 'fit' };
  const answer = `${JSON.stringify({ ok: true, value })}\n`;
  t.same(await statusAt(await daemon([answer])), value);
  t.same(await statusAt(await daemon([answer.slice(0, 9), answer.slice(9)])), value);
});

t.test('where no daemon answers there is none', async (t) => {
  t.equal(await statusAt('/nowhere/socket'), undefined);
  t.equal(await statusAt(await daemon(['{"ok":'], true)), undefined);
  const refusing = await daemon(['{"ok":false,"error":"busy"}\n']);
  t.equal(await statusAt(refusing), undefined);
  t.same(await answerAt(refusing, { command: 'status' }, 1000), { ok: false, error: 'busy' });
  t.equal(await statusAt(await daemon([])), undefined, 'one that hangs');
});
