import { claimRows } from './claim-rows.ts';
import { conditions } from './conditions.ts';
import { markup } from './escape.ts';
import { STYLE } from './html-style.ts';
import { type Anchor, claimTable, invariantTable, requirementTable } from './html-tables.ts';
import { notRunList, testSections } from './html-tests.ts';
import { invariantRows } from './invariant-rows.ts';
import { COUNTED, totals, VERDICTS } from './outcome.ts';
import { type Listing, type RequirementRow, type RowVerdict, requirementRows } from './requirement-rows.ts';
import type { RunReport, TestResult, Verdict } from './run-report.ts';

/**
 * The report as one page that needs no other file and no script: a filter by verdict, the requirements, and each test
 * with its evidence folded. The page forbids itself scripts, so that nothing in the evidence can be one.
 */
export function htmlReport(report: RunReport, listing: Listing): string {
  const rows = requirementRows(report, listing.requirements);
  const anchor = anchors(report.results);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>OneVIP: ${markup(headline(report))}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="product">OneVIP conformance</p>
<h1 class="${mood(report)}">${markup(headline(report))}</h1>
<p class="proved">${provedText(rows)}</p>
${facts(report)}
</header>
${filter(report)}
<p class="sections"><a href="#requirements">Requirements</a> <a href="#every-suite">What holds in every suite</a>
<a href="#claims">Claims of the patent</a> <a href="#tests">Tests</a></p>
<main>
<h2 id="requirements">Requirements</h2>
${requirementTable(rows, anchor)}
<h2 id="every-suite">What holds in every suite</h2>
${invariantTable(invariantRows(report), anchor)}
<h2 id="claims">Claims of the patent</h2>
${claimTable(claimRows(report, listing))}
<h2 id="tests">Tests</h2>
${testSections(report.results, anchor)}
${notRunList(report.notRun)}
</main>
</body>
</html>
`;
}

function anchors(results: readonly TestResult[]): Anchor {
  const names = new Map(results.map((test, index) => [test, `test-${index + 1}`]));
  return (test) => names.get(test) ?? '';
}

function headline(report: RunReport): string {
  const { pass, fail, unknown } = totals(report);
  const all = report.results.length;
  if (fail > 0) return `${fail} of ${all} tests failed`;
  if (unknown > 0) return `${unknown} of ${all} tests proved nothing`;
  return pass === all ? `All ${all} tests passed` : `${pass} of ${all} tests passed, none failed`;
}

/** What the headline does not tell: a run may pass, and have tried little. */
function provedText(rows: readonly RequirementRow[]): string {
  const count = (...words: RowVerdict[]) => rows.filter(({ verdict }) => words.includes(verdict)).length;
  const tested = rows.length - count('not tested');
  const partly = count('partly') === 0 ? '' : `, ${count('partly')} in part`;
  return `${count('pass')} of ${tested} tested requirements proved${partly}; ${count('not tested')} not tested`;
}

function mood(report: RunReport): Verdict {
  const { fail, unknown, pass } = totals(report);
  if (fail > 0) return 'fail';
  return unknown > 0 || pass === 0 ? 'unknown' : 'pass';
}

function facts(report: RunReport): string {
  const items = conditions(report).map(([name, value]) => `<div><dt>${name}</dt><dd>${markup(value)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

function filter(report: RunReport): string {
  const counts = totals(report);
  const choices = VERDICTS.map((verdict) => choice(verdict, COUNTED[verdict], counts[verdict], false));
  return `<nav aria-label="Show">${choice('all', 'all', report.results.length, true)}${choices.join('')}</nav>`;
}

function choice(value: Verdict | 'all', label: string, count: number, checked: boolean): string {
  const state = `${checked ? ' checked' : ''}${count === 0 ? ' disabled' : ''}`;
  const input = `<input type="radio" name="show" id="show-${value}"${state}>`;
  return `<label class="${value}">${input}<b>${count}</b> ${label}</label>`;
}
