import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { run } from './private-namespaces.ts';
import { watchReadable } from './readable-watch.ts';

t.test('it calls while there is something to read, and not after it is closed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'readable-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  run(`mkfifo ${folder}/pipe`);
  const fd = openSync(`${folder}/pipe`, constants.O_RDWR | constants.O_NONBLOCK);
  const [octet, read] = [Buffer.alloc(1), [] as number[]];
  let told = () => {};
  const watch = watchReadable(fd, () => {
    readSync(fd, octet);
    read.push(octet.readUInt8());
    told();
  });
  const both = new Promise<void>((resolve) => {
    told = () => read.length === 2 && resolve();
  });
  writeSync(fd, Buffer.of(7, 8));
  await both;
  t.same(read, [7, 8]);
  writeSync(fd, Buffer.of(9));
  // Until its thread has told, which this one has not heard yet.
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs);
  await watch.close();
  t.same(read, [7, 8]);
  closeSync(fd);
});
