import type { ScriptRan } from '../history/event.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/**
 * HA-5: by its own journal, the node's scripts ran for exactly these states, once each time, in this order, and each was
 * told the state before. A daemon that starts knows of none before: it says that it was initial.
 */
export function scriptsRan(options: { node: string; states: string[] }): Checker {
  const { node, states } = options;
  return (during) => {
    const ran = during.filter((event): event is ScriptRan => event.kind === 'script' && event.node === node);
    if (ran.length === 0) return unknown(`no script of ${node} left a mark`);
    const found = ran.map(({ state }) => state);
    const because = `the scripts of ${node} ran for ${found.join(', ')}`;
    if (found.join() !== states.join()) return fail(`${because}, not for ${states.join(', ')}`, ran);
    const wrong = ran.find((each, index) => index > 0 && !isStart(each) && each.previous !== found[index - 1]);
    if (wrong) return fail(`the script for ${wrong.state} on ${node} was told it came from ${wrong.previous}`, ran);
    return pass(because, ran);
  };
}

function isStart({ state, previous }: ScriptRan): boolean {
  return state === 'initial' && previous === 'initial';
}

/** A script was held up by the one before it: its mark came so much later. Otherwise that one did not hang, and nothing is proved. */
export function scriptsApart(options: { node: string; first: string; next: string; atLeastMs: number }): Checker {
  const { node, first, next, atLeastMs } = options;
  return (during) => {
    const mark = (wanted: string) =>
      during.find((event) => event.kind === 'script' && event.node === node && event.state === wanted);
    const [one, other] = [mark(first), mark(next)];
    if (!one || !other) return unknown(`${node} did not run its scripts for ${first} and ${next}`);
    const because = `the script for ${next} began ${toMs(other.atNs - one.atNs)} after that for ${first}`;
    return (other.atNs - one.atNs >= atLeastMs * NS_PER_MS ? pass : unknown)(because, [one, other]);
  };
}
