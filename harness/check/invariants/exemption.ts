import type { Acted, HistoryEvent, TestMarked } from '../../history/event.ts';
import { partChecker } from '../claim.ts';
import { type ActFilter, actText, NS_PER_MS, type Span } from '../span.ts';
import { unknown, type Verdict } from '../verdict.ts';
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

/** An exemption of a test, with where it lies in the history; without a span, where what it names was not done. */
export interface Exempted extends Exemption {
  test: string;
  span?: Span;
}

/**
 * Finds in the history when each of a test's exemptions began and ended, each time that the test was run. One that was not run has
 * none; one that did not end lasts as long as the history.
 */
export const exemptedIn = (all: readonly HistoryEvent[], test: string, exemptions: readonly Exemption[]): Exempted[] =>
  spansOfTest(all, test).flatMap((span) => exemptedDuring(all, span, test, exemptions));

function spansOfTest(all: readonly HistoryEvent[], title: string): Span[] {
  const marks = all.filter((event): event is TestMarked => event.kind === 'test' && event.title === title);
  const begins = marks.filter(({ phase }) => phase === 'begins');
  return begins.map(({ atNs: fromNs }) => {
    const end = marks.find(({ atNs, phase }) => phase === 'ends' && atNs >= fromNs) ?? all.at(-1);
    return { fromNs, untilNs: end?.atNs ?? fromNs };
  });
}

function exemptedDuring(
  all: readonly HistoryEvent[],
  whole: Span,
  test: string,
  exemptions: readonly Exemption[],
): Exempted[] {
  const acts = all.filter(({ atNs }) => atNs >= whole.fromNs && atNs <= whole.untilNs);
  return exemptions.map((exemption) => {
    const fromNs = exemption.from ? actsOf(acts, exemption.from)[0]?.atNs : whole.fromNs;
    if (fromNs === undefined) return { ...exemption, test };
    const end = exemption.until && actsOf(acts, exemption.until).find(({ atNs }) => atNs >= fromNs);
    return { ...exemption, test, span: { fromNs, untilNs: end ? endOf(end) : whole.untilNs } };
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
export const except = partChecker(function except(exempted: Exempted[], claim) {
  const missing = exempted.find(({ span }) => !span);
  if (exempted.length === 0) return claim;
  return (during, all = during): Verdict => {
    if (missing) return unknown(`${missing.test}: ${actText(missing.from ?? { what: missing.test })} was not done`);
    const spans = exempted.flatMap(({ span }) => span ?? []);
    const isExempt = ({ atNs }: HistoryEvent) => spans.some(({ fromNs, untilNs }) => atNs >= fromNs && atNs <= untilNs);
    return claim(
      during.filter((event) => !isExempt(event)),
      all,
    );
  };
});

/** A line for a report. */
export function exemptedText({ invariant, why, test, span }: Exempted): string {
  const at = (ns: number) => `${Math.round(ns / NS_PER_MS)} ms`;
  const when = span ? `from ${at(span.fromNs)} to ${at(span.untilNs)}` : 'never';
  return `${invariant}: not judged ${when}, in "${test}", because ${why}`;
}
