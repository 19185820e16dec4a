import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openAnswerer } from '../kernel/unix-datagram.ts';
import { listenAt } from '../kernel/unix-stream.ts';
import { serve } from './socket.ts';
import { lastingObstacleAt, obstacleAt, openSocketFile } from './socket-file.ts';

/** Not the test's own folder: a socket's path may have 107 bytes. */
const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
t.teardown(() => rmSync(folder, { recursive: true }));
let made = 0;
const place = () => join(folder, `${++made}.sock`);
const answering = async () => ({ ok: true, value: null }) as const;

/** A socket at which nobody listens any more, as a daemon that was killed leaves it. */
async function leftBehind(path: string): Promise<void> {
  const { server } = await serve(path, answering);
  await new Promise((resolve) => server.close(resolve));
}

t.test('a socket is made for its owner alone, with folders that it needs, and goes again', async (t) => {
  const path = join(folder, 'run/nlb/nlbd.sock');
  const { close } = await serve(path, answering);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(obstacleAt(path), `is served by process ${process.pid} already`);
  close();
  t.notOk(existsSync(path));
  t.equal(obstacleAt(path), undefined);
});

t.test('what a killed daemon left is replaced', async (t) => {
  const path = place();
  await leftBehind(path);
  t.ok(lstatSync(path).isSocket());
  t.equal(obstacleAt(path), undefined);
  const { close } = await serve(path, answering);
  close();
  t.notOk(existsSync(path));
});

t.test('who listens there is given the time that a killed daemon takes to end', async (t) => {
  const path = place();
  const { server } = await serve(path, answering);
  setTimeout(() => server.close(), 100);
  t.equal(await lastingObstacleAt(path), undefined);
  listenAt(place());
  t.match(await lastingObstacleAt(join(folder, `${made}.sock`)), /^is served by process \d+ already$/, 'and no more');
});

t.test('what is no socket of ours stays, is named, and nothing is served', async (t) => {
  const answerer = place();
  openAnswerer(answerer);
  const foreign = place();
  await leftBehind(foreign);
  chownSync(foreign, 65_534, 65_534);
  const [file, directory, link, dangling, served] = [place(), place(), place(), place(), place()];
  writeFileSync(file, 'mine');
  mkdirSync(directory);
  const stale = place();
  await leftBehind(stale);
  symlinkSync(stale, link);
  symlinkSync(join(folder, 'nowhere'), dangling);
  listenAt(served);
  const table: [path: string, obstacle: RegExp][] = [
    [file, /^is a file, which is left alone$/],
    [directory, /^is a directory/],
    [link, /^is a symbolic link/],
    [dangling, /^is a symbolic link/],
    [answerer, /^is a socket of another program \(EPROTOTYPE\)/],
    [foreign, /^is a socket of user 65534/],
    [served, new RegExp(`^is served by process ${process.pid} already$`)],
  ];
  for (const [path, obstacle] of table) {
    const before = lstatSync(path).ino;
    t.match(obstacleAt(path), obstacle);
    t.throws(() => openSocketFile(path), { message: new RegExp(`^The control socket ${path} is `) });
    t.equal(lstatSync(path).ino, before);
  }
  t.equal(readFileSync(file, 'utf8'), 'mine');
  t.ok(lstatSync(stale).isSocket(), 'nor what a link points to');
});

t.test('what somebody else has put in its place meanwhile is not taken away at the end', async (t) => {
  const path = place();
  const { close } = await serve(path, answering);
  rmSync(path);
  writeFileSync(path, 'mine');
  close();
  t.equal(readFileSync(path, 'utf8'), 'mine');
});

t.test('a path that is too long for a socket is said', async (t) => {
  t.throws(() => openSocketFile(join(folder, 'x'.repeat(120))), { message: /Too long for the path of a socket/ });
});
