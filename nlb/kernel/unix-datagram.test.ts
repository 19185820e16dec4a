import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { until } from './private-namespaces.ts';
import { identify, lives } from './process-identity.ts';
import { awaitReadable } from './readiness.ts';
import { ask, openAnswerer } from './unix-datagram.ts';

const folder = mkdtempSync(join(tmpdir(), 'onevip-ask-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const ANSWERER = `const { openAnswerer } = await import('${import.meta.resolve('./unix-datagram.ts')}');
  const { awaitReadable } = await import('${import.meta.resolve('./readiness.ts')}');
  const answerer = openAnswerer(process.argv[1]);
  console.log('ready');
  for (;;) {
    awaitReadable([answerer.fd]);
    answerer.answer((question) => question.toUpperCase());
  }`;

t.test('another process is asked, and lives as long as it does', async (t) => {
  const path = join(folder, 'asked');
  const child = spawn(process.execPath, ['--input-type=module', '-e', ANSWERER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let ready = false;
  child.stdout.on('data', () => {
    ready = true;
  });
  await until(() => ready, 'somebody who answers');
  const identity = identify(child.pid ?? 0);
  t.ok(identity && lives(identity));
  t.equal(ask(path, 'ähm', 5000), 'ÄHM');
  t.equal(ask(path, 'x'.repeat(50_000), 5000), 'X'.repeat(50_000));
  t.notOk(identity && lives({ ...identity, startedTicks: '1' }), 'another process of that number is not it');
  child.kill('SIGKILL');
  await until(() => !(identity && lives(identity)), 'its end');
  t.throws(() => ask(path, 'anybody?', 5000), /ECONNREFUSED/);
});

t.test('who is not there, or does not answer, is an error and no wait without end', async (t) => {
  t.throws(() => ask(join(folder, 'nobody'), 'anybody?', 5000), /ENOENT/);
  const path = join(folder, 'silent');
  const { fd } = openAnswerer(path);
  t.throws(() => ask(path, 'anybody?', 20), /EAGAIN/);
  t.same(awaitReadable([fd, fd], 0), [true, true]);
  t.throws(() => openAnswerer(path), /EADDRINUSE/);
  t.throws(() => openAnswerer(`/${'x'.repeat(108)}`), RangeError);
});
