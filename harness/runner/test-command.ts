import { DEFAULT_DRIVER } from '../driver/registry.ts';
import { systemNamed } from '../system/systems.ts';
import type { RunSettings } from './assignment.ts';

/** What names one test on the command line, or all of some suites. */
export interface NamedTest {
  /** Several with a blank between each two. */
  suite: string;
  topology: string;
  title?: string;
  long?: boolean;
  /** As it is run where nobody names a suite: in a lab that suites share. */
  brief?: boolean;
  seed?: number;
}

/** The command that runs this test alone, as it was run: the same data path, system and seed. */
export function commandOf(test: NamedTest, settings: Pick<RunSettings, 'datapath' | 'driver' | 'system'>): string {
  const { datapath, driver, system } = settings;
  const words = ['./onevip conformance', test.suite, '--topology', test.topology];
  if (test.title !== undefined) words.push('--grep', quoted(`^${escaped(test.title)}$`));
  if (test.brief) words.push('--brief');
  if (test.long) words.push('--long');
  if (system !== systemNamed().name) words.push('--system', system);
  if (driver !== DEFAULT_DRIVER) words.push('--driver', driver);
  if (datapath !== undefined) words.push('--datapath', datapath);
  if (test.seed !== undefined) words.push('--seed', String(test.seed));
  return words.join(' ');
}

/** A pattern that fits that text alone. */
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** For a shell (POSIX, section 2.2.2). */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
