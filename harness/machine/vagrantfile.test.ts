import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const PROJECT = path.resolve(import.meta.dirname, '../..');
const RUBY = '/usr/bin/ruby';
const VAGRANT = '/usr/bin/vagrant';
/** Not among the packages that the launcher installs: 54 of Ruby come with it, and not every Debian-like system still has it. */
const skip = [RUBY, VAGRANT].every(existsSync)
  ? false
  : 'there is no vagrant (apt-get install --no-install-recommends vagrant)';

/** What Vagrant would keep in the project or at home. */
const scratch = mkdtempSync(path.join(tmpdir(), 'onevip-vagrant-'));
t.after(() => rmSync(scratch, { recursive: true }));
const env = { VAGRANT_HOME: path.join(scratch, 'home'), VAGRANT_DOTFILE_PATH: path.join(scratch, 'dot') };

const run = (command: string[], more: Record<string, string> = {}) => {
  const [file = '', ...args] = command;
  return execa(file, args, { cwd: PROJECT, env: { ...env, ...more }, reject: false });
};

interface Read {
  /** Vagrant has the provider's plugin. */
  known: boolean;
  cpus: string | null;
  memory: string | null;
  box: string;
  problems: string[];
  parts: { name: string; path: string; args: string[] }[];
}

const PROVIDERS = ['virtualbox', 'libvirt', 'vmware_desktop'];
const read = async (more: Record<string, string>): Promise<Record<string, Read>> => {
  const { stdout, stderr } = await run([RUBY, 'harness/machine/vagrantfile.rb', ...PROVIDERS], more);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, Read>;
};

t.test('vagrant finds nothing wrong with the Vagrantfile', { skip }, async (t) => {
  const { exitCode, all, stdout, stderr } = await run([VAGRANT, 'validate', '--ignore-provider']);
  t.equal(exitCode, 0, all ?? stdout + stderr);
});

t.test('the environment says how large a machine is, for every provider', { skip }, async (t) => {
  const small = await read({ ONEVIP_CPUS: '', ONEVIP_MEMORY: '' });
  const large = await read({ ONEVIP_CPUS: '6', ONEVIP_MEMORY: '8192', ONEVIP_BOX: 'mine' });
  for (const provider of PROVIDERS)
    t.test(provider, { skip: small[provider]?.known ? false : 'Vagrant has no plugin for it here' }, async (t) => {
      t.match(small[provider], { cpus: '2', memory: '2048', problems: [] });
      t.match(large[provider], { cpus: '6', memory: '8192', box: 'mine', problems: [] });
    });
});

t.test('a size that is no number is an error', { skip }, async (t) => {
  const { exitCode, stderr } = await run([VAGRANT, 'validate', '--ignore-provider'], { ONEVIP_CPUS: 'many' });
  t.not(exitCode, 0);
  t.match(stderr, /invalid value for Integer\(\): "many"/);
});

t.test('a machine is provisioned by a script that is there, part by part', { skip }, async (t) => {
  const { parts = [] } = (await read({}))[PROVIDERS[0] ?? ''] ?? {};
  t.same(
    parts.map(({ name }) => name),
    ['machine', 'conformance', 'tests'],
  );
  for (const part of parts) {
    accessSync(path.join(PROJECT, part.path), constants.X_OK);
    t.same(part.args, ['/home/vagrant/onevip', part.name]);
  }
});
