import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { makeDebianRoot, whyNoDebianRoot } from './debian-root.ts';

t.setTimeout(2 * 3_600_000);

const skip =
  process.env.ONEVIP_NIGHTLY === undefined
    ? 'it downloads all of it, and takes half an hour: ./onevip nightly provision'
    : ((await whyNoDebianRoot()) ?? false);

const CLEAN_ROOT = path.join(import.meta.dirname, 'clean-root');

t.test(
  'what the Vagrantfile has done in a machine passes in a fresh Debian',
  { skip, timeout: 7_200_000 },
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'onevip-debian-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const root = path.join(folder, 'root');
    await makeDebianRoot(root);
    for (const part of ['machine', 'conformance', 'tests'])
      t.test(part, { timeout: 7_200_000 }, async (t) => {
        const { exitCode, all = '' } = await execa(CLEAN_ROOT, [root, part], { all: true, reject: false });
        if (exitCode !== 0) console.error(all);
        t.equal(exitCode, 0, `exit status of ${part}`);
      });
  },
);
