import type { ScriptRan } from '../history/event.ts';
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
