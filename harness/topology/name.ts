import type { Path, Report } from './problem.ts';

/** Linux holds a device name in 16 bytes, the last of which is zero (IFNAMSIZ). */
const deviceNameBytes = 15;

/** Names with a meaning of their own under /proc/sys/net/ipv4/conf, or that the kernel gives to a device itself. */
const taken = new Set(['lo', 'all', 'default']);

const word = /^[a-z][a-z0-9-]*$/;

/** Report a name that could be misread in a command, a file name or a picture. */
export function checkWord(name: string, what: string, path: Path, report: Report): void {
  if (!word.test(name))
    report.value(path, `${what} "${name}" must be lower-case letters, digits and hyphens, a letter first`);
}

/** Report a name that cannot be a device's: names of nodes, segments and ports all become one. */
export function checkDeviceName(name: string, what: string, path: Path, report: Report): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > deviceNameBytes) {
    report.key(path, `${what} "${name}" is ${bytes} bytes long; a device name holds at most ${deviceNameBytes}`);
  } else if (!word.test(name)) {
    report.key(path, `${what} "${name}" must be lower-case letters, digits and hyphens, a letter first`);
  } else if (taken.has(name)) {
    report.key(path, `${what} "${name}" is a name that Linux uses itself`);
  }
}
