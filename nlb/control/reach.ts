import { judged, type Verdict } from '../balance/checks/verdict.ts';
import type { ReachConfig } from '../config/schema.ts';
import type { ReachProbes, Target } from './reach-probes.ts';

/**
 * The reach targets: whom this node must be able to reach to be of use. They are asked all at once, round by round; a target
 * is met or lost by the same thresholds as a server is healthy or not.
 */
export interface Reach {
  /** By name; a target that has yet to be judged is absent. */
  verdicts: ReadonlyMap<string, Verdict>;
  isJudged(): boolean;
  stop(): void;
}

/** What the rounds need: the sockets, and who wants to know. */
export interface ReachHooks {
  probes: ReachProbes;
  /** Called each time that a target is met or lost. */
  changed(target: Target, verdict: Verdict): void;
  /** What is known of some from before. */
  verdicts?: ReadonlyMap<string, Verdict>;
}

const LOOK_EVERY_MS = 10;

/** The verdicts on targets that are the same in another configuration. */
export function verdictsKept(before: ReachConfig, after: ReachConfig, verdicts: Reach['verdicts']): Reach['verdicts'] {
  const same = new Set(before.targets.map((target) => JSON.stringify(target)));
  const kept = after.targets.filter((target) => same.has(JSON.stringify(target))).map(({ name }) => name);
  return new Map([...verdicts].filter(([name]) => kept.includes(name)));
}

export function watchReach(config: ReachConfig, { probes, changed, verdicts: known }: ReachHooks): Reach {
  const { targets, intervalMs, timeoutMs } = config;
  const verdicts = new Map(known);
  let timer: NodeJS.Timeout | undefined;

  const judge = (target: Target, failure: string | undefined) => {
    const before = verdicts.get(target.name);
    const verdict = judged(before, failure, config);
    verdicts.set(target.name, verdict);
    if (verdict.healthy !== before?.healthy) changed(target, verdict);
  };
  const round = (number: number) => {
    const beganMs = performance.now();
    const waiting = new Set(targets);
    const refused = failureOf(() => probes.ask(number));
    const look = () => {
      const unheard = failureOf(() => {
        for (const target of probes.answered(number)) waiting.delete(target);
      });
      if (waiting.size > 0 && performance.now() - beganMs < timeoutMs) {
        timer = setTimeout(look, LOOK_EVERY_MS);
        return;
      }
      const why = refused ?? unheard ?? `no answer within ${timeoutMs} ms`;
      for (const target of targets) judge(target, waiting.has(target) ? why : undefined);
      timer = setTimeout(round, Math.max(0, beganMs + intervalMs - performance.now()), number + 1);
    };
    look();
  };
  if (targets.length > 0) round(1);
  return {
    verdicts,
    isJudged: () => verdicts.size === targets.length,
    stop: () => {
      clearTimeout(timer);
      probes.close();
    },
  };
}

/** Why the kernel refused; undefined where it did not. */
function failureOf(what: () => void): string | undefined {
  try {
    what();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
