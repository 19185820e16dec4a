import { type ConfigChange, changeText, diffConfig } from '../config/diff.ts';
import { keyChange } from '../config/key-change.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigRefused } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { BeatOrders } from './beat/messages.ts';
import { beatOrders } from './orders.ts';

/** A configuration that may be used, with the content of the files that it names. */
export interface Accepted {
  config: Config;
  orders: BeatOrders;
}

/** What became of a request to reload. Of a refused file nothing is used. */
export interface Reloaded {
  outcome: 'applied' | 'unchanged' | 'checked' | 'refused';
  changes: ConfigChange[];
  /** Why it was refused: all that is wrong with the file, or all that cannot be changed in a running daemon. */
  problems: string[];
}

export interface ReloadParts {
  file: string;
  inForce: Accepted;
  /** Work by it from now on; over when every part of the daemon does. */
  apply(next: Accepted): Promise<void>;
  event(name: string, detail: Record<string, unknown>): void;
}

export interface Reloader {
  /** Take up what the file says by now, one request after the other. */
  reload(by: string): Promise<Reloaded>;
  /** What a reload would do now. */
  check(): Promise<Reloaded>;
}

export function openReloader({ file, inForce: first, apply, event }: ReloadParts): Reloader {
  let inForce = first;
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  };
  const reload = async (by: string): Promise<Reloaded> => {
    const { next, ...judged } = judge(file, inForce);
    if (next) {
      await apply(next);
      inForce = next;
    }
    const { changes, problems, outcome } = judged;
    event('reload', { by, outcome, changes: changes.map(changeText), ...(problems.length > 0 && { problems }) });
    return judged;
  };
  const check = async (): Promise<Reloaded> => {
    const { next, ...judged } = judge(file, inForce);
    return next ? { ...judged, outcome: 'checked' } : judged;
  };
  return { reload: (by) => inTurn(() => reload(by)), check: () => inTurn(check) };
}

/** @returns with `next` where there is something to take up */
function judge(file: string, inForce: Accepted): Reloaded & { next?: Accepted } {
  const next = accept(file);
  if (Array.isArray(next)) return { outcome: 'refused', changes: [], problems: next };
  const changes = [
    ...diffConfig(inForce.config, next.config),
    ...keyChange(inForce.orders.secrets, next.orders.secrets),
  ];
  const problems = changes.filter(({ effective }) => effective === 'restart').map(needsRestart);
  if (problems.length > 0) return { outcome: 'refused', changes, problems };
  return changes.length > 0
    ? { outcome: 'applied', changes, problems, next }
    : { outcome: 'unchanged', changes, problems };
}

function needsRestart(change: ConfigChange): string {
  return `${change.path}: needs a restart; \`nlbd --keep\` keeps forwarding meanwhile`;
}

/** What the file says, or everything that is wrong with it. */
function accept(file: string): Accepted | string[] {
  try {
    const config = loadConfig(file);
    return { config, orders: beatOrders(config) };
  } catch (error) {
    if (error instanceof ConfigRefused) return error.message.split('\n');
    return [`cannot read the configuration: ${(error as Error).message}`];
  }
}
