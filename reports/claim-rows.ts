import { worst } from './outcome.ts';
import { type Listing, type RequirementRow, type RowVerdict, requirementRows } from './requirement-rows.ts';
import type { RunReport, Verdict } from './run-report.ts';

/** A claim of the patent, with the requirements that prove it. */
export interface ClaimRow {
  /** `C1` */
  id: string;
  verdict: RowVerdict;
  requirements: RequirementRow[];
}

/** One row for each claim: the worst verdict of its requirements, and proved where each of them is. */
export function claimRows(report: RunReport, { requirements, claims }: Listing): ClaimRow[] {
  const rows = new Map(requirementRows(report, requirements).map((row) => [row.id, row]));
  return Object.entries(claims).map(([id, ids]) => {
    const proving = ids.flatMap((each) => rows.get(each) ?? []);
    return { id, verdict: verdictOf(proving.map(({ verdict }) => verdict)), requirements: proving };
  });
}

function verdictOf(verdicts: readonly RowVerdict[]): RowVerdict {
  const tested = verdicts.filter((verdict) => verdict !== 'not tested');
  if (tested.length === 0) return 'not tested';
  const whole = tested.filter((verdict): verdict is Verdict => verdict !== 'partly');
  const verdict = worst(whole) ?? 'pass';
  return verdict === 'pass' && whole.length < verdicts.length ? 'partly' : verdict;
}

/** More than so many requirements are counted, and not listed. */
const LISTED_AT_MOST = 12;

export const areMany = ({ requirements }: ClaimRow): boolean => requirements.length > LISTED_AT_MOST;

/** `85 requirements: 60 pass, 25 not tested` */
export function countsText({ requirements }: ClaimRow): string {
  const counts = [...Map.groupBy(requirements, ({ verdict }) => verdict)].map(
    ([word, rows]) => `${rows.length} ${word}`,
  );
  return `${requirements.length} requirements: ${counts.join(', ')}`;
}

/** `ALIAS-1 pass, ALIAS-3 partly` */
export const provingText = (row: ClaimRow): string =>
  areMany(row) ? countsText(row) : row.requirements.map(({ id, verdict }) => `${id} ${verdict}`).join(', ');
