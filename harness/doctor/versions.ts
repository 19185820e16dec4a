import { globSync, readFileSync, realpathSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** Versions of whatever a verdict may hang on, by name; what is not there is left out. */
export async function versions(): Promise<Record<string, string>> {
  const [nft, keepalived] = await Promise.all(['nft', 'keepalived'].map(printedVersion));
  const found = {
    project: projectVersion(),
    kernel: release(),
    node: process.versions.node,
    nft,
    keepalived,
    libbpf: libbpf(),
  };
  return Object.fromEntries(Object.entries(found).flatMap(([name, version]) => (version ? [[name, version]] : [])));
}

function projectVersion(): string {
  return (JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** `nftables v1.0.6 (Lester Gooch #5)`, `Keepalived v2.2.7 (01/16,2022)`: the one prints it, the other complains of it. */
async function printedVersion(command: string): Promise<string | undefined> {
  const { stdout, stderr } = await execa(command, ['--version'], { reject: false });
  return /\bv(\d[\w.]*)/.exec(`${stdout}\n${stderr}`)?.[1];
}

/** By the name of the file that the library's name stands for. */
function libbpf(): string | undefined {
  const [library] = globSync(['/usr/lib/*/libbpf.so.1', '/usr/lib*/libbpf.so.1']);
  return library && /\.so\.(\d[\d.]*)$/.exec(realpathSync(library))?.[1];
}

/** The commit that is checked out, and whether anything differs from it; absent where the project is no checkout. */
export async function commit(folder = PROJECT): Promise<{ id: string; clean: boolean } | undefined> {
  // Root may look at a folder that is somebody else's, as with sudo and in a virtual machine.
  const git = (...words: string[]) =>
    execa('git', ['-c', 'safe.directory=*', '-C', folder, ...words], { reject: false });
  const [head, changes] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain')]);
  if (head.exitCode !== 0 || changes.exitCode !== 0) return undefined;
  return { id: head.stdout, clean: changes.stdout === '' };
}
