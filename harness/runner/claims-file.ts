import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Claim } from '../check/claim.ts';
import type { DeclaredDrop } from '../check/invariants/declared-drops.ts';
import type { Exemption } from '../check/invariants/exemption.ts';
import type { Place, Setting } from '../check/invariants/invariant.ts';
import { replaceFile } from './replace-file.ts';

/** What a suite writes beside its history, so that the history can be judged again: claims, and what invariants must know. */

const VERSION = 1;

const ClaimForm: z.ZodType<Claim> = z.strictObject({
  checker: z.string(),
  options: z.json(),
  get claim() {
    return ClaimForm.exactOptional();
  },
  history: z.string().exactOptional(),
});

const Span = z.strictObject({ fromNs: z.number(), untilNs: z.number() });
const Act = z.strictObject({ what: z.string(), node: z.string().exactOptional() });

/** The name may be one of an invariant that is no more: then nothing is exempted. */
const ExemptionForm = z.strictObject({
  invariant: z.string(),
  why: z.string(),
  from: Act.exactOptional(),
  until: Act.exactOptional(),
}) as z.ZodType<Exemption>;

const DropForm: z.ZodType<DeclaredDrop> = z.strictObject({
  cause: z.string(),
  why: z.string(),
  atMost: z.number().exactOptional(),
});

const PlaceForm: z.ZodType<Place> = z.strictObject({
  lan: z.string(),
  node: z.string(),
  leg: z.string(),
  kind: z.enum(['client', 'router', 'firewall', 'nlb', 'server']),
  mac: z.string(),
  address: z.string(),
});

const SettingForm: z.ZodType<Setting> = z.strictObject({
  cluster: z.array(z.string()),
  nlbs: z.string(),
  clientSubnets: z.array(z.string()),
  privateLegs: z.array(z.string()),
  places: z.array(PlaceForm),
});

const File = z.strictObject({
  format: z.literal('onevip claims'),
  version: z.literal(VERSION),
  setting: SettingForm,
  breaks: z.record(z.string(), z.array(ExemptionForm)),
  drops: z.record(z.string(), z.array(DropForm)).exactOptional(),
  unshown: z.record(z.string(), z.string()),
  tests: z.array(z.strictObject({ title: z.string(), span: Span, claims: z.record(z.string(), ClaimForm) })),
});

/** Of a suite: what its invariants must know, and each test that ran to its end, in order. */
export type SuiteClaims = Omit<z.infer<typeof File>, 'format' | 'version'>;

const fileIn = (folder: string): string => path.join(folder, 'claims.json');

export function writeClaims(folder: string, claims: SuiteClaims): void {
  const file = { format: 'onevip claims', version: VERSION, ...claims };
  replaceFile(fileIn(folder), `${JSON.stringify(file, undefined, 2)}\n`);
}

/** @throws an error that names the file, and what is wrong with it where */
export function readClaims(folder: string): SuiteClaims {
  const file = fileIn(folder);
  if (!existsSync(file))
    throw new Error(
      `${file} is missing: the suite ended before its first test, or was run by a version of onevip that kept no claims`,
    );
  const read = File.safeParse(jsonIn(file));
  if (!read.success)
    throw new Error(`${file} holds no claims that this program reads:\n${z.prettifyError(read.error)}`);
  const { format: _, version: __, ...claims } = read.data;
  return claims;
}

/** @throws an error that names the file where it is not JSON */
export function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
