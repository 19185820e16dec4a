import { areMany, type ClaimRow, countsText } from './claim-rows.ts';
import { markup } from './escape.ts';
import { type InvariantRow, judgedIn } from './invariant-rows.ts';
import { type Shown, seenIn, shownTests } from './outcome.ts';
import { requirementsIn } from './proof.ts';
import { type AspectRow, askedText, type RequirementRow } from './requirement-rows.ts';
import type { TestResult } from './run-report.ts';

/** The name of a test's place in the page. */
export type Anchor = (test: TestResult) => string;

/** Those that were tested; the others folded below. */
export function requirementTable(rows: readonly RequirementRow[], anchor: Anchor): string {
  const tested = requirementsOf(
    rows.filter(({ tests }) => tests.length > 0),
    anchor,
  );
  const rest = rows.filter(({ tests }) => tests.length === 0);
  if (rest.length === 0) return tested;
  const many = `${rest.length} ${rest.length === 1 ? 'requirement' : 'requirements'} not tested in this run`;
  return `${tested}\n<details class="rest"><summary>${many}</summary>${requirementsOf(rest, anchor)}</details>`;
}

const requirementsOf = (rows: readonly RequirementRow[], anchor: Anchor): string =>
  table(
    ['Id', 'Verdict', 'Must', 'Tests'],
    rows.map((row) => ({
      verdict: row.verdict,
      id: row.id,
      cells: [
        `<td class="id">${markup(row.id)}</td>`,
        `<td>${badge(row.verdict)}</td>`,
        `<td>${markup(askedText(row))}${aspectList(row.aspects)}</td>`,
        `<td>${testLinks(row.tests, anchor)}</td>`,
      ],
    })),
  );

function aspectList(aspects: readonly AspectRow[]): string {
  if (aspects.length === 0) return '';
  const items = aspects.map(({ name, verdict, notBrief }) => {
    const why = notBrief === undefined ? '' : `: ${notBrief}`;
    const word = verdict === 'pass' ? '' : ` <i>${verdict}${markup(why)}</i>`;
    return `<li class="${verdict}">${markup(name)}${word}</li>`;
  });
  return `<ul class="aspects" aria-label="Aspects">${items.join('')}</ul>`;
}

/** What was judged over the whole of every suite, and what was broken there on purpose. */
export const invariantTable = (rows: readonly InvariantRow[], anchor: Anchor): string =>
  table(
    ['In every suite', 'Verdict', 'Proves', 'Broken on purpose'],
    rows.map((row) => ({
      verdict: row.verdict,
      cells: [
        `<td>${markup(row.title)} <span class="ids">${judgedIn(row)}</span>${exceptions(row, anchor)}</td>`,
        `<td>${badge(row.verdict)}</td>`,
        `<td>${markup(requirementsIn(row.proves).join(' '))}</td>`,
        `<td>${brokenList(row.brokenOnPurpose)}</td>`,
      ],
    })),
  );

/** Where it did not hold, or nothing could be told. */
function exceptions({ tests }: InvariantRow, anchor: Anchor): string {
  const others = tests.filter(({ verdict }) => verdict !== 'pass');
  return others.map((test) => `<br><a href="#${anchor(test)}">${markup(test.suite)}</a> ${test.verdict}`).join('');
}

function brokenList(texts: readonly string[]): string {
  if (texts.length === 0) return 'nowhere';
  const many = texts.length === 1 ? '1 time' : `${texts.length} times`;
  return `<details><summary>${many}</summary><ul>${texts.map((text) => `<li>${markup(text)}</li>`).join('')}</ul></details>`;
}

/** Each claim with links to the requirements that prove it. */
export const claimTable = (rows: readonly ClaimRow[]): string =>
  table(
    ['Claim', 'Verdict', 'Proved by'],
    rows.map((row) => ({
      verdict: row.verdict,
      cells: [
        `<td class="id">${markup(row.id)}</td>`,
        `<td>${badge(row.verdict)}</td>`,
        `<td>${provingLinks(row)}</td>`,
      ],
    })),
  );

/** Where there are many, their number says more than they do. */
function provingLinks(row: ClaimRow): string {
  const links = `<ul class="aspects">${row.requirements.map(requirementLink).join('')}</ul>`;
  return areMany(row) ? `<details><summary>${markup(countsText(row))}</summary>${links}</details>` : links;
}

const requirementLink = ({ id, verdict }: RequirementRow): string =>
  `<li class="${wordOf(verdict)}"><a href="#${markup(id)}">${markup(id)}</a></li>`;

interface Row {
  verdict: string;
  /** Of its place in the page. */
  id?: string;
  cells: string[];
}

function table(heads: readonly string[], rows: readonly Row[]): string {
  const lines = rows.map(({ verdict, id, cells }) => {
    const place = id === undefined ? '' : ` id="${markup(id)}"`;
    return `<tr${place} data-verdict="${verdict}">${cells.join('')}</tr>`;
  });
  const head = heads.map((word) => `<th>${word}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table>`;
}

/** More tests than so many are folded. */
const SHOWN_AT_MOST = 4;

function testLinks(tests: readonly TestResult[], anchor: Anchor): string {
  const links = shownTests(tests).map((shown) => `<li>${testLink(shown, anchor)}</li>`);
  const more = links.splice(SHOWN_AT_MOST);
  const folded =
    more.length === 0 ? '' : `<details><summary>${more.length} more</summary><ul>${more.join('')}</ul></details>`;
  return `<ul class="tests">${links.join('')}</ul>${folded}`;
}

const testLink = (shown: Shown, anchor: Anchor): string =>
  `<span class="ids">${markup(seenIn(shown))}</span> <a href="#${anchor(shown.test)}">${markup(shown.test.title)}</a>`;

const wordOf = (verdict: string): string => verdict.replace(' ', '-');

export const badge = (verdict: RequirementRow['verdict']): string =>
  `<span class="badge ${wordOf(verdict)}">${verdict}</span>`;
