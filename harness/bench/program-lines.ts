import path from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';

/** What each measuring program of the load balancer prints first: how many figures are to come, at most. */
const Expected = z.object({ expected: z.number().int().nonnegative() });

const PROGRAMS = path.resolve(import.meta.dirname, '../../nlb/measure');

/**
 * The figures that a program prints, one JSON object a line.
 * @param expects called with how many there will be, at most
 * @throws when the program fails
 */
export async function* figuresOf(
  program: string,
  words: readonly string[],
  expects: (figures: number) => void = () => {},
): AsyncGenerator<unknown> {
  const child = execa(process.execPath, [path.join(PROGRAMS, program), ...words]);
  for await (const line of child) {
    const value: unknown = JSON.parse(line);
    const first = Expected.safeParse(value);
    if (first.success) expects(first.data.expected);
    else yield value;
  }
}
