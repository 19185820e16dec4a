import { SCRIPT_STAMP_STEP_NS, type ScriptRan } from '../history/event.ts';
import { checker } from './claim.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * HA-5: by its own journal, the node's scripts ran for exactly these states, once each time, in this order, and each was
 * told the state before. A daemon that starts knows of none before: it says that it was initial.
 */
export const scriptsRan = checker(function scriptsRan(options: { node: string; states: string[] }) {
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
});

function isStart({ state, previous }: ScriptRan): boolean {
  return state === 'initial' && previous === 'initial';
}

/**
 * A script was held up by the one before it: its mark came so much later. Otherwise that one did not hang, and nothing is proved.
 * @premise
 */
export const scriptsApart = checker(function scriptsApart(options: {
  node: string;
  first: string;
  next: string;
  atLeastMs: number;
}) {
  const { node, first, next, atLeastMs } = options;
  return (during) => {
    const mark = (wanted: string) =>
      during.find((event) => event.kind === 'script' && event.node === node && event.state === wanted);
    const [one, other] = [mark(first), mark(next)];
    if (!one || !other) return unknown(`${node} did not run its scripts for ${first} and ${next}`);
    const because = `the script for ${next} began ${toMs(other.atNs - one.atNs)} after that for ${first}`;
    return (other.atNs - one.atNs >= atLeastMs * NS_PER_MS ? pass : unknown)(because, [one, other]);
  };
});

/**
 * HA-5: whatever happened, each script of the node was told the state whose script ran before it, and was not run for one state
 * twice in a row; only a life, of which there is one for each start at most, begins anew with `initial` after `initial`. When a state was
 * entered, where the system says it, is not after its script ran.
 * @param options.start the act that starts a daemon: what an earlier life had yet to run is lost with it
 */
export const scriptsInOrder = checker(function scriptsInOrder(options: {
  node: string;
  start: string;
  atLeast: number;
}) {
  const { node, start, atLeast } = options;
  return (during, all = during) => {
    const ran = all.filter((event): event is ScriptRan => event.kind === 'script' && event.node === node);
    const starts = all.filter((event) => event.kind === 'act' && event.what === start && event.node === node).length;
    const lives = ran.filter(isStart).length;
    const because = `${ran.length} scripts of ${node} ran, in ${lives} lives`;
    if (lives > starts) return fail(`${because}, though it was started ${starts} times`, ran.filter(isStart));
    const meant = new Set(ran.filter((event) => during.includes(event)));
    const wrong = ran.findIndex((event, index) => {
      if (isStart(event) || !meant.has(event)) return false;
      return event.state === event.previous || (index > 0 && event.previous !== ran[index - 1]?.state);
    });
    const [before, at] = [ran[wrong - 1], ran[wrong]];
    if (at) {
      const evidence = before ? [before, at] : [at];
      return fail(
        `after ${before?.state} the script of ${at.state} on ${node} was told it came from ${at.previous}`,
        evidence,
      );
    }
    const early = ran.find((event) => meant.has(event) && (event.enteredNs ?? 0) > event.atNs + SCRIPT_STAMP_STEP_NS);
    if (early)
      return fail(`the script of ${early.state} on ${node} was told of an entry that was yet to come`, [early]);
    return meant.size < atLeast ? unknown(`${because}; ${atLeast} were wanted`, [...meant]) : pass(because, [...meant]);
  };
});
