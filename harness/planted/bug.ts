import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT } from '../lab/run-folder.ts';

/** A load balancer that is wrong on purpose: a small change to ours, and the requirement that must notice it. */
export interface PlantedBug {
  /** Of its file, without the ending. */
  name: string;
  /** What this load balancer does wrong, in plain words. */
  title: string;
  /** The requirement that it breaks, and that must notice. */
  breaks: string;
  /** The depth of the run that must notice: brief where the bug is coarse. */
  in: 'brief' | 'thorough';
  edits: Edit[];
}

export interface Edit {
  /** From the top of the project; always the load balancer's, never the harness's. */
  file: string;
  /** Exact text, which must occur exactly once in the file. */
  replace: string;
  with: string;
}

/** A planted bug that cannot be used: its file is malformed, or what it changes has changed. */
export class BadPlantedBug extends Error {
  override name = 'BadPlantedBug';
}

const FOLDER = import.meta.dirname;
export const fileOf = (name: string): string => path.join(path.relative(PROJECT, FOLDER), `${name}.yaml`);

const Sentence = z.string().trim().min(3);
const File = z.strictObject({
  title: Sentence,
  breaks: z.string().regex(/^[A-Z]+-[1-9]\d*$/, 'an id of suites/requirements.yaml, such as FWD-5'),
  in: z.enum(['brief', 'thorough']),
  edits: z
    .array(
      z.strictObject({
        file: z.string().regex(/^nlb\/(?!.*\.\.).+/, 'a file of the load balancer: nlb/…'),
        replace: z.string().min(1),
        with: z.string(),
      }),
    )
    .min(1),
});

/** The names of all planted bugs, in alphabetical order. */
export const bugNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .toSorted();

export const readBug = (name: string): PlantedBug =>
  parseBug(name, readFileSync(path.join(FOLDER, `${name}.yaml`), 'utf8'));

/** @throws BadPlantedBug with every problem of the text, each with its place */
export function parseBug(name: string, text: string): PlantedBug {
  const read = File.safeParse(yamlOf(name, text));
  if (read.success) return { name, ...read.data };
  throw new BadPlantedBug(
    `${fileOf(name)} does not describe a planted bug; put right:\n${z.prettifyError(read.error)}`,
  );
}

function yamlOf(name: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new BadPlantedBug(`${fileOf(name)} is no YAML: ${error instanceof Error ? error.message : error}`);
  }
}
