import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { startEngine, whyNotStarted } from '../driver/docker/engine-for-tests.ts';
import { makeDebianRoot, whyNoDebianRoot } from './debian-root.ts';

t.setTimeout(3_600_000);

const skip =
  process.env.ONEVIP_NIGHTLY === undefined
    ? 'it downloads all of it, and takes some five minutes: ./onevip nightly dockerfile'
    : (whyNotStarted('podman') ?? (await whyNoDebianRoot()) ?? false);

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const CONTEXT = path.resolve(import.meta.dirname, '../driver/docker');
const IMAGE = 'onevip-node';

/**
 * The engine that tests start has no network, and no registry gives it Debian's image. So that image is made of a fresh Debian root,
 * and Podman's own command builds on it, which unlike Docker's works in this machine's network.
 */
t.test('a lab of the Dockerfile’s image passes a suite', { skip, timeout: 3_600_000 }, async (t) => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'onevip-dockerfile-'));
  const { address, end } = await startEngine('podman');
  t.teardown(async () => {
    await end();
    rmSync(scratch, { recursive: true });
  });
  const podman = path.join(path.dirname(address.replace('unix://', '')), 'podman');
  const root = path.join(scratch, 'root');
  await makeDebianRoot(root);
  const archive = path.join(scratch, 'root.tar');
  await execa('tar', ['-C', root, '-cf', archive, '.']);
  await execa(podman, ['import', archive, 'docker.io/library/debian:bookworm-slim']);
  const built = await execa(podman, ['build', '--network=host', '--tag', IMAGE, CONTEXT], {
    all: true,
    reject: false,
  });
  t.equal(built.exitCode, 0, built.all);

  const run = await execa(
    process.execPath,
    [CLI, 'conformance', 'addresses', '--topology', 'invention', '--driver', 'docker'],
    {
      env: { ONEVIP_STATE: path.join(scratch, 'state'), DOCKER_HOST: address, ONEVIP_IMAGE: IMAGE },
      reject: false,
    },
  );
  t.equal(run.exitCode, 0, run.stdout + run.stderr);
  t.match(run.stdout, /\n[1-9]\d* passed, 0 failed, 0 unknown, \d+ skipped$/);
});
