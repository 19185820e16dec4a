import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { readProof, requirementsIn } from '../../reports/proof.ts';

/** One thing that the system must do, and how that is seen. */
export interface Requirement {
  /** `ARP-3`: the family, a hyphen, and a number from 1. */
  id: string;
  family: string;
  /** Who is bound by it: the system, or (VRRP) the firewall pair. */
  subject: string;
  /** `P C3` (patent, claim), `RFC 826`, `OWN`. */
  source: string;
  /** Goes on from "<subject> must". */
  text: string;
  /** What a test looks at. */
  observed: string;
  /** The part of it that no packet in a lab can show, why, and what shows it. */
  beyond?: string | undefined;
  /** What of it is tried each for itself: a test proves `HA-12 forged`. None: a test proves the whole, `ADDR-1`. */
  aspects: string[];
  /** Aspects that no brief run tries, each with the reason. */
  notBrief: Record<string, string>;
}

export interface Catalogue {
  /** In the order of the file, which is the order of reports. */
  requirements: Requirement[];
  /** The patent's claims, each with the ids of the requirements that prove it. */
  claims: Record<string, string[]>;
}

/** A test, or the catalogue itself, names requirements or aspects that the catalogue does not hold. */
export class UnknownRequirement extends Error {
  override name = 'UnknownRequirement';
}

const REQUIREMENTS = new URL('../../suites/requirements.yaml', import.meta.url);

const Sentence = z.string().trim().min(3);
/** A few words, none of which a list of names would tear apart. */
const Aspect = z.string().regex(/^\S[^,;:()]*\S$/);
const Entry = z
  .strictObject({
    source: z.string().regex(/^(P\b|RFC \d|OWN$)/),
    text: Sentence,
    observed: Sentence,
    beyond: Sentence.optional(),
    // One alone is the requirement.
    aspects: z.array(Aspect).min(2).default([]),
    notBrief: z.record(z.string(), Sentence).default({}),
  })
  .refine(({ aspects }) => new Set(aspects).size === aspects.length, { error: 'an aspect is named twice' })
  .refine(({ aspects, notBrief }) => Object.keys(notBrief).every((name) => aspects.includes(name)), {
    error: 'notBrief names what is no aspect',
  });
const Family = z.strictObject({
  title: Sentence,
  subject: Sentence,
  requirements: z.record(z.string().regex(/^[A-Z]+-[1-9]\d*$/), Entry),
});
const File = z.strictObject({
  families: z.record(z.string().regex(/^[A-Z]+$/), Family),
  claims: z.record(z.string().regex(/^C\d+$/), z.union([z.array(z.string()).min(1), z.literal('all')])),
});

/**
 * The catalogue in `suites/requirements.yaml`.
 * @throws when the text is no YAML, names an id twice, or does not have the catalogue's form: one message, all problems.
 */
export function readCatalogue(text = readFileSync(REQUIREMENTS, 'utf8')): Catalogue {
  const read = File.safeParse(parse(text));
  if (!read.success) throw new Error(`suites/requirements.yaml is not a catalogue:\n${z.prettifyError(read.error)}`);
  const { families, claims } = read.data;
  const requirements = Object.entries(families).flatMap(([family, entry]) => requirementsOf(family, entry));
  const all = requirements.map(({ id }) => id);
  const proving = Object.entries(claims).map(([claim, ids]) => [claim, ids === 'all' ? all : ids]);
  const catalogue: Catalogue = { requirements, claims: Object.fromEntries(proving) };
  for (const [claim, ids] of Object.entries(catalogue.claims)) mustKnowIds(catalogue, ids, `claim ${claim}`);
  return catalogue;
}

function requirementsOf(family: string, { subject, requirements }: z.infer<typeof Family>): Requirement[] {
  return Object.entries(requirements).map(([id, entry]) => {
    if (id.split('-')[0] !== family) throw new Error(`suites/requirements.yaml: ${id} stands in the family ${family}`);
    return { id, family, subject, ...entry };
  });
}

/**
 * Does nothing when the catalogue holds every one of `ids`.
 * @param named who names them, for the message: `the suite arp, test "…"`.
 * @throws UnknownRequirement with the ids that are nearest to each unknown one.
 */
export function mustKnowIds({ requirements }: Catalogue, ids: readonly string[], named: string): void {
  const known = requirements.map(({ id }) => id);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length === 0) return;
  const wrong = unknown.map((id) => `${id} (nearest: ${nearest(id, known).join(', ')})`);
  throw new UnknownRequirement(`${named} names what is not in suites/requirements.yaml: ${wrong.join('; ')}`);
}

/**
 * Does nothing when the catalogue holds all that is said to be proved: requirements, and of those that have aspects the aspect.
 * @param named as of `mustKnowIds`.
 * @throws UnknownRequirement with what is nearest to each id or aspect that is unknown, and the aspects of which one is missing.
 */
export function mustKnow(catalogue: Catalogue, proofs: readonly string[], named: string): void {
  mustKnowIds(catalogue, requirementsIn(proofs), named);
  const aspectsOf = new Map(catalogue.requirements.map(({ id, aspects }) => [id, aspects]));
  const wrong = proofs.flatMap((proof) => {
    const { id, aspect } = readProof(proof);
    const known = aspectsOf.get(id) ?? [];
    if (aspect === undefined)
      return known.length === 0 ? [] : `${id} has aspects, and none is named: ${known.join(', ')}`;
    if (known.length === 0) return `${id} has no aspects, and so not "${aspect}"`;
    return known.includes(aspect)
      ? []
      : `${id} has no aspect "${aspect}" (nearest: ${nearest(aspect, known).join(', ')})`;
  });
  if (wrong.length > 0)
    throw new UnknownRequirement(`${named} proves what suites/requirements.yaml does not ask: ${wrong.join('; ')}`);
}

/** The three that take the fewest typing mistakes to be what was written, in capitals or not; of equals, the earlier. */
function nearest(written: string, known: readonly string[]): string[] {
  const capitals = written.toUpperCase();
  const near = known.map((other) => ({ other, distance: typingMistakes(capitals, other.toUpperCase()) }));
  return near
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** Letters to insert, remove or replace to make one word of the other (Levenshtein 1965). */
function typingMistakes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [taken, letter] of [...from].entries()) {
    const next = [taken + 1];
    for (const [index, wanted] of [...to].entries()) {
      const replaced = (row[index] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
