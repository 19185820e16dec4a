import { once } from 'node:events';
import { namedLab } from './named-lab.ts';
import { EXIT, UserError } from './problem.ts';

/** `onevip capture`: tcpdump on a segment's switch, where every frame of the segment passes once. Ends with Ctrl-C. */
export async function capture(name: string, segment: string, { write }: { write?: string }): Promise<void> {
  const lab = namedLab(name);
  const found = lab.plan.segments.find((candidate) => candidate.name === segment);
  if (!found) {
    const names = lab.plan.segments.map((candidate) => candidate.name).join(', ');
    throw new UserError(`lab ${name} has no segment ${segment}; it has ${names}`, EXIT.usage);
  }
  const output = write === undefined ? ['-n', '-e', '-l'] : ['-w', write, '-U', '--time-stamp-precision=nano'];
  const tcpdump = ['tcpdump', '-i', found.lan, '-Z', 'root', ...output];
  const child = lab.switchOf(found.lan).open(tcpdump, 'inherit');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGINT'));
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? EXIT.failed;
}
