import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readKeyFile } from './key-file.ts';

const folder = t.testdir();
const key = Buffer.alloc(32, 1).toString('base64');
const longer = Buffer.alloc(48, 2).toString('base64');
let files = 0;

function fileOf(text: string, mode = 0o600): string {
  const file = join(folder, `key${++files}`);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

t.test('one key or two are read in their order', async (t) => {
  t.same(readKeyFile(fileOf(`${key}\n`)), { secrets: [Buffer.alloc(32, 1)] });
  t.same(readKeyFile(fileOf(key, 0o400)), { secrets: [Buffer.alloc(32, 1)] });
  t.same(readKeyFile(fileOf(`${longer}\n${key}\n`)), { secrets: [Buffer.alloc(48, 2), Buffer.alloc(32, 1)] });
});

const refused: [what: string, text: string, problem: RegExp][] = [
  ['an empty file', '', /^is empty/],
  ['an empty line', '\n', /^line 1 holds 0 bytes; a key has at least 32$/],
  ['31 bytes', `${key}\n${Buffer.alloc(31).toString('base64')}\n`, /^line 2 holds 31 bytes/],
  ['three keys', `${key}\n${key}\n${key}\n`, /^has 3 lines; it must hold one or two$/],
  ['hexadecimal of an odd length', 'abc', /^line 1 is not base64$/],
  ['a blank at the end of a line', `${key} \n`, /^line 1 is not base64$/],
  ['a file without end', 'A'.repeat(5000), /^has more than 4096 bytes$/],
];
for (const [what, text, problem] of refused)
  t.test(`${what} is refused`, async (t) => {
    const read = readKeyFile(fileOf(text));
    t.match(read, { problems: [problem] });
    t.notMatch(JSON.stringify(read), key);
  });

t.test('a file that others may have access to, or that belongs to others, is refused', async (t) => {
  for (const mode of [0o640, 0o604, 0o660, 0o601])
    t.match(readKeyFile(fileOf(key, mode)), { problems: [`has mode 0${mode.toString(8)}; none but its owner`] });
  const foreign = fileOf(key);
  chownSync(foreign, 12_345, 0);
  t.same(readKeyFile(foreign), { problems: ["belongs to user 12345; only root and the daemon's user (0) may own it"] });
  t.ok('secrets' in readKeyFile(foreign, 12_345), 'its own user may');
});

t.test('everything that is wrong is said at once', async (t) => {
  const file = fileOf(`${key.slice(0, 8)}\n!\n`, 0o644);
  t.match(readKeyFile(file), { problems: [/mode 0644/, /line 1 holds 6 bytes/, /line 2 is not base64/] });
});

t.test('what is absent or no regular file is refused, and holds nobody up', async (t) => {
  t.match(readKeyFile(join(folder, 'none')), { problems: [/^cannot be read: ENOENT/] });
  t.match(readKeyFile(folder), { problems: ['is not a regular file'] });
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', ['-m', '600', pipe]);
  t.same(readKeyFile(pipe), { problems: ['is not a regular file'] });
});
