import { markup } from './escape.ts';
import { STYLE } from './html-style.ts';
import {
  askedText,
  bySuite,
  COUNTED,
  duration,
  type Listed,
  type RequirementRow,
  requirementRows,
  type Shown,
  shownTests,
  totals,
  VERDICTS,
} from './outcome.ts';
import type { CheckResult, NotRun, RunReport, TestResult, Verdict } from './run-report.ts';

/**
 * The report as one page that needs no other file and no script: a filter by verdict, the requirements, and each test
 * with its evidence folded. The page forbids itself scripts, so that nothing in the evidence can be one.
 */
export function htmlReport(report: RunReport, catalogue: readonly Listed[]): string {
  const rows = requirementRows(report, catalogue);
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
${facts(report)}
</header>
${filter(report)}
<main>
<h2>Requirements</h2>
${requirementTable(rows, anchor)}
<h2>Tests</h2>
${bySuite(report.results)
  .map(([suite, tests]) => suiteSection(suite, tests, anchor))
  .join('\n')}
${notRunList(report.notRun)}
</main>
</body>
</html>
`;
}

type Anchor = (test: TestResult) => string;

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

function mood(report: RunReport): Verdict {
  const { fail, unknown, pass } = totals(report);
  if (fail > 0) return 'fail';
  return unknown > 0 || pass === 0 ? 'unknown' : 'pass';
}

function facts({ id, startedAt, durationMs, system, topology, machine, command }: RunReport): string {
  const pairs: [string, string][] = [
    ['System', `${system.name} ${system.version}`],
    ['Topology', topology],
    ['Started', startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['Took', duration(durationMs)],
    ['Machine', `Linux ${machine.kernel}, ${machine.cores} cores, Node ${machine.node}`],
    ['Command', command],
    ['Run', id],
  ];
  const items = pairs.map(([name, value]) => `<div><dt>${name}</dt><dd>${markup(value)}</dd></div>`);
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

function requirementTable(rows: readonly RequirementRow[], anchor: Anchor): string {
  const tested = tableOf(
    rows.filter(({ tests }) => tests.length > 0),
    anchor,
  );
  const rest = rows.filter(({ tests }) => tests.length === 0);
  if (rest.length === 0) return tested;
  const many = `${rest.length} ${rest.length === 1 ? 'requirement' : 'requirements'} not tested in this run`;
  return `${tested}\n<details class="rest"><summary>${many}</summary>${tableOf(rest, anchor)}</details>`;
}

function tableOf(rows: readonly RequirementRow[], anchor: Anchor): string {
  const lines = rows.map(
    ({ id, verdict, tests, ...listed }) =>
      `<tr data-verdict="${verdict}"><td class="id">${markup(id)}</td><td>${badge(verdict)}</td><td>${markup(askedText({ id, ...listed }))}</td>` +
      `<td>${shownTests(tests)
        .map((shown) => testLink(shown, anchor))
        .join('<br>')}</td></tr>`,
  );
  return `<table><thead><tr><th>Id</th><th>Verdict</th><th>Must</th><th>Tests</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table>`;
}

const testLink = ({ test, suites }: Shown, anchor: Anchor): string =>
  `<a href="#${anchor(test)}">${markup(test.title)}</a>${suites === 1 ? '' : ` (${suites} suites)`}`;

const badge = (verdict: RequirementRow['verdict']): string =>
  `<span class="badge ${verdict.replace(' ', '-')}">${verdict}</span>`;

function suiteSection(suite: string, tests: readonly TestResult[], anchor: Anchor): string {
  return `<section><h3>${markup(suite)}</h3>\n${tests.map((test) => testCard(test, anchor(test))).join('\n')}</section>`;
}

function notRunList(tests: readonly NotRun[]): string {
  if (tests.length === 0) return '';
  const items = tests.map(
    ({ suite, title, proves, because, runIt }) =>
      `<li>${markup(suite)}: ${markup(title)} <span class="ids">${markup(proves.join(' '))}</span> ${markup(because)}: <code>${markup(runIt)}</code></li>`,
  );
  return `<h2>Not run</h2>\n<ul>${items.join('')}</ul>`;
}

function testCard(test: TestResult, id: string): string {
  const { verdict, title, proves, durationMs, because, checks, brokenOnPurpose = [], seed, runAgain, files } = test;
  const open = verdict === 'fail' || verdict === 'unknown' ? ' open' : '';
  return `<details class="test" id="${id}" data-verdict="${verdict}"${open}>
<summary>${badge(verdict)} <span class="title">${markup(title)}</span> <span class="ids">${markup(proves.join(' '))}</span> <span class="time">${duration(durationMs)}</span></summary>
<p>${markup(because)}</p>
${checks.map(checkBlock).join('\n')}
${brokenOnPurpose.map((text) => `<p>Broken on purpose: ${markup(text)}</p>`).join('\n')}
${seed === undefined ? '' : `<p>Seed <code>${markup(seed)}</code></p>`}
${files.length === 0 ? '' : `<p>Files: ${files.map(fileLink).join(', ')}</p>`}
<p>Run again: <code>${markup(runAgain)}</code></p>
</details>`;
}

function checkBlock({ name, verdict, because, evidence }: CheckResult): string {
  const open = verdict === 'fail' ? ' open' : '';
  const facts = evidence.length === 1 ? '1 fact' : `${evidence.length} facts`;
  const folded = `<details${open}><summary>evidence: ${facts}</summary><pre>${markup(evidence.join('\n'))}</pre></details>`;
  return `<div class="check">${badge(verdict)} <b>${markup(name)}</b> ${markup(because)}${evidence.length === 0 ? '' : folded}</div>`;
}

/** Links stay within the run's folder: `./` keeps a name from being taken for an address of the web. */
function fileLink(file: string): string {
  const address = file
    .toWellFormed()
    .split('/')
    .filter((part) => part !== '..')
    .map(encodeURIComponent)
    .join('/');
  return `<a href="./${markup(address)}">${markup(file)}</a>`;
}
