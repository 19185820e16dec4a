import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { commit, versions } from './versions.ts';

t.test('every version that a verdict may hang on is found on a machine that can run the suites', async (t) => {
  const found = await versions();
  t.same(Object.keys(found), ['project', 'kernel', 'node', 'nft', 'keepalived', 'libbpf']);
  for (const [name, version] of Object.entries(found)) t.match(version, /^\d+\.\d+/, name);
  t.equal(found.node, process.versions.node);
});

const noGit = spawnSync('git', ['--version']).error ? 'there is no git on this machine' : false;

t.test('a commit is clean until anything differs from it, or is added', { skip: noGit }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'onevip-commit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  t.equal(await commit(folder), undefined, 'no checkout');
  const git = (...words: string[]) =>
    execa('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words]);
  await git('init', '-q');
  await git('commit', '-q', '--allow-empty', '-m', 'first');
  t.match(await commit(folder), { id: /^[0-9a-f]{40}$/, clean: true });
  writeFileSync(path.join(folder, 'file'), '');
  t.match(await commit(folder), { clean: false });
});
