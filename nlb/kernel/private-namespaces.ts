import { spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Support for tests and measurements that change network settings: namespaces that cannot outlive them, not even after
 * SIGKILL.
 */

const MARK = 'ONEVIP_TEST_IN_PRIVATE_NAMESPACES';

/**
 * Run the whole file again, with the same words, in a network and a mount namespace of its own, which the kernel takes
 * away with the last process in it. Returns only inside. Outside it ends the process with the result of the run inside,
 * or, where the user is not root, reports the file as skipped (in TAP) and says why.
 */
export function enterPrivateNamespaces(moduleUrl: string): void {
  if (process.env[MARK]) return;
  if (process.getuid?.() !== 0) {
    console.log('TAP version 14\n1..0 # SKIP needs root, to make network namespaces');
    process.exit(0);
  }
  const command = [process.execPath, ...process.execArgv, fileURLToPath(moduleUrl), ...process.argv.slice(2)];
  const options = { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } } as const;
  const { status } = spawnSync('unshare', ['--net', '--mount', ...command], options);
  process.exit(status ?? 1);
}

/** Run a command to its end and return what it printed. Throws with what it complained about where it fails. */
export function run(command: string): string {
  const [program = '', ...words] = command.split(' ');
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${command}: ${stderr}`);
  return stdout;
}

const AT_MOST_S = 30;

/** Wait for a condition, at most half a minute: on a busy machine two daemons take ten seconds to start. Then throw. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + AT_MOST_S * 1000;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${AT_MOST_S} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A second network namespace. `pid` lives in it: `ip link set DEVICE netns PID` moves a device there. */
export interface OtherNamespace {
  pid: number;
  /** The words that run a command inside. */
  enter: string[];
  run(command: string): string;
  close(): void;
}

/** Kept alive by a `cat` that ends with this process, because its input is a pipe from here. */
export async function openNamespace(): Promise<OtherNamespace> {
  const keeper = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const pid = keeper.pid ?? 0;
  const own = readlinkSync('/proc/self/ns/net');
  await until(() => readlinkSync(`/proc/${pid}/ns/net`) !== own, 'a network namespace');
  const enter = ['nsenter', `--net=/proc/${pid}/ns/net`];
  return { pid, enter, run: (command) => run(`${enter.join(' ')} ${command}`), close: () => keeper.stdin.end() };
}
