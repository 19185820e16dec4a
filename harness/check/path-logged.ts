import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { type EventLine, eventLines, type Reading } from './event-lines.ts';
import { type Port, portText } from './seen.ts';
import { type ActFilter, actText, findAct, NS_PER_MS, toMs } from './span.ts';
import { isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

interface PathFault extends Reading {
  /** The node's leg of that path: what it hears there is what the packets tell. */
  port: Port;
  beatPort: number;
  /** What stopped the beats on it, and what let them through again. */
  fault: ActFilter;
  mend: ActFilter;
  /** What must show the peer alive meanwhile: `access`, `server`, `address answered`, `address asked`. */
  provedBy: string[];
  /** Between the fault and its report, and between its end and the report of that. */
  toldWithinMs: number;
  /** Between what the log says of the silence and what the packets say. */
  agreeWithinMs: number;
}

/**
 * HA-16: a heartbeat path by which nothing comes while the peer lives is reported, once, with how long it has been silent and
 * what shows the peer alive; and so is its return.
 */
export const pathFaultLogged = checker(function pathFaultLogged(options: PathFault) {
  const { node, port, fault, mend } = options;
  return (during, all = during) => {
    const [struck, mended] = [findAct(during, fault), findAct(during, mend)];
    if (!struck || !mended) return unknown(`${actText(struck ? mend : fault)} was not done`);
    const lines = eventLines(during, options, 'path').filter(({ fields }) => fields.path === port.leg);
    const [silent, back, ...more] = lines;
    const evidence = [struck, mended, ...lines.map(({ event }) => event)];
    if (silent?.fields.faulty !== true) return fail(`${node} did not report ${portText(port)} faulty`, evidence);
    const problem = lateBy(all, struck, silent, options) ?? problemOf(during, silent, options);
    if (problem !== undefined) return fail(problem, evidence);
    if (back?.fields.faulty !== false) return fail(`${node} did not report the return of ${portText(port)}`, evidence);
    const lateReturn = lateBy(all, mended, back, options);
    if (lateReturn !== undefined) return fail(lateReturn, evidence);
    if (more.length > 0) return fail(`${node} reported more of ${portText(port)} than one fault and its end`, evidence);
    const told = pass(
      `${node} reported ${portText(port)} silent for ${silent.fields.silentMs} ms, and its return`,
      evidence,
    );
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], told);
  };
});

function lateBy(
  all: readonly HistoryEvent[],
  act: HistoryEvent,
  { event, fields }: EventLine,
  { toldWithinMs }: PathFault,
): string | undefined {
  const tookNs = ranNs(all, act.atNs, event.atNs);
  if (event.atNs >= act.atNs && isWithin(all, act.atNs, event.atNs, toldWithinMs)) return undefined;
  return `the report that ${fields.path} is ${fields.faulty ? 'faulty' : 'back'} came after ${toMs(tookNs)}`;
}

function problemOf(
  during: readonly HistoryEvent[],
  { event, fields }: EventLine,
  { port, beatPort, provedBy, agreeWithinMs }: PathFault,
): string | undefined {
  const { silentMs } = fields;
  if (!provedBy.includes(String(fields.provedBy))) return `it was ${fields.provedBy} that showed the peer alive`;
  const last = datagramsOf(during, { ...port, direction: 'received' }, beatPort).findLast(
    ({ atNs }) => atNs < event.atNs,
  );
  const seenMs = last ? (event.atNs - last.atNs) / NS_PER_MS : Number.NaN;
  if (typeof silentMs === 'number' && Math.abs(silentMs - seenMs) <= agreeWithinMs) return undefined;
  return `${portText(port)} was silent for ${silentMs} ms by the log, and for ${seenMs.toFixed(3)} ms by the packets`;
}
