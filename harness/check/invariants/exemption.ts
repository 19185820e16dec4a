import type { Acted, HistoryEvent } from '../../history/event.ts';
import { type ActFilter, actText, NS_PER_MS, type Span } from '../span.ts';
import { type Checker, unknown, type Verdict } from '../verdict.ts';
import type { InvariantName } from './invariant.ts';

/** What a test breaks on purpose: one invariant, from when to when, and why. */
export interface Exemption {
  invariant: InvariantName;
  /** Goes on from "because". */
  why: string;
  /** The act with whose beginning it begins; absent: the beginning of the test. */
  from?: ActFilter;
  /** The first act after that with whose end it ends; absent: the end of the test. */
  until?: ActFilter;
}

/** The act that spans a test, in the history. */
export const testAct = (title: string): string => `test: ${title}`;

/** An exemption of a test, with where it lies in the history; without a span, where what it names was not done. */
export interface Exempted extends Exemption {
  test: string;
  span?: Span;
}

/** Finds in the history when each of a test's exemptions began and ended. A test that was not run has none. */
export function exemptedIn(all: readonly HistoryEvent[], test: string, exemptions: readonly Exemption[]): Exempted[] {
  const whole = actsOf(all, { what: testAct(test) })[0];
  if (!whole) return [];
  const acts = all.filter(({ atNs }) => atNs >= whole.atNs && atNs <= endOf(whole));
  return exemptions.map((exemption) => {
    const begin = exemption.from ? actsOf(acts, exemption.from)[0] : whole;
    if (!begin) return { ...exemption, test };
    const end = exemption.until && actsOf(acts, exemption.until).find(({ atNs }) => atNs >= begin.atNs);
    return { ...exemption, test, span: { fromNs: begin.atNs, untilNs: endOf(end ?? whole) } };
  });
}

function actsOf(events: readonly HistoryEvent[], { what, node }: ActFilter): Acted[] {
  return events.filter(
    (event): event is Acted =>
      event.kind === 'act' && event.what === what && (node === undefined || event.node === node),
  );
}

const endOf = ({ atNs, untilNs = atNs }: Acted): number => untilNs;

/** Judges everything but what happened while the invariant was broken on purpose. */
export function except(exempted: readonly Exempted[], checker: Checker): Checker {
  const missing = exempted.find(({ span }) => !span);
  return (during, all = during): Verdict => {
    if (missing) return unknown(`${missing.test}: ${actText(missing.from ?? { what: missing.test })} was not done`);
    const spans = exempted.flatMap(({ span }) => span ?? []);
    const isExempt = ({ atNs }: HistoryEvent) => spans.some(({ fromNs, untilNs }) => atNs >= fromNs && atNs <= untilNs);
    return checker(
      during.filter((event) => !isExempt(event)),
      all,
    );
  };
}

/** A line for a report. */
export function exemptedText({ invariant, why, test, span }: Exempted): string {
  const at = (ns: number) => `${Math.round(ns / NS_PER_MS)} ms`;
  const when = span ? `from ${at(span.fromNs)} to ${at(span.untilNs)}` : 'never';
  return `${invariant}: not judged ${when}, in "${test}", because ${why}`;
}
