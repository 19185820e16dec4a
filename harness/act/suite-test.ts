import type { Claim } from '../check/claim.ts';
import type { DeclaredDrop } from '../check/invariants/declared-drops.ts';
import type { Exemption } from '../check/invariants/exemption.ts';
import type { Capability } from '../system/capability.ts';
import type { DropCause } from '../system/drop-causes.ts';
import type { Scene } from './scene.ts';

/** What a test claims, each claim in words with what its checker is to judge by. */
export type Claims = Record<string, Claim>;

export type Drop = DeclaredDrop & { cause: DropCause };

export interface SuiteTest {
  /** Requirements of the catalogue (`ARP-1`); of one that has aspects, each that is tried (`HA-12 forged`). */
  proves: string[];
  /** Whether anything in it is random: its seed is then shown with its verdict. */
  random?: boolean;
  /** Left out of brief runs, where other tests try the same aspects, or the catalogue says why none does. */
  thorough?: true;
  /** What it uses of the system under test beyond the core; where a system has not got it, the test is skipped with its reason. */
  needs?: readonly Capability[];
  /** What it needs and this machine lacks, in words: then it is skipped with that reason. */
  lacks?(): string | undefined;
  /** What must hold in every history, and this test breaks on purpose. */
  breaks?: Exemption[];
  /** What it has the load balancers drop, beyond what is ordinary (check/invariants/ordinary-drops.ts). */
  drops?: Drop[];
  /** About how long it takes, in seconds, where that is too long for a run that was not asked for long tests. */
  longSeconds?: number;
  /** Acts on the lab, waits for what should follow, and gives the claims to be judged. Never sleeps for a fixed time. */
  run(scene: Scene): Promise<Claims>;
}
