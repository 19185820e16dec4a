import { writeFileSync } from 'node:fs';
import { judge } from '../bench/datapath/bound.ts';
import { type Figures, measureDatapath } from '../bench/datapath/measured.ts';
import { COST_HEADING, costRow, RATE_HEADING, rateRows } from '../bench/datapath/row.ts';
import { judgementRow } from '../bench/judgement.ts';
import { machine } from '../doctor/probe.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { type BenchOptions, conditions, exitCodeOf, load, progressOn } from './bench-run.ts';
import { LiveLine } from './live-line.ts';

/** What a packet costs in the data path, and how many get through it a second. */
export async function benchDatapath({ runs = 20_000, trials = 15, json }: BenchOptions): Promise<void> {
  tidyOnInterrupt();
  console.log(
    `${conditions(`at least ${runs} single runs for each figure; ${trials} trials`)}; load ${load()}\n${COST_HEADING}`,
  );
  const extent = { cost: ['--runs', String(runs)], rate: ['--trials', String(trials)] };
  const figures: Figures = { samples: [], rates: [], missing: [] };
  const live = new LiveLine();
  const progress = progressOn(live, 'figures');
  const part = { label: '', done: 0, wanted: 0 };
  const expects = (wanted: number): void => {
    Object.assign(part, { label: part.label === '' ? 'cost' : 'rate', done: 0, wanted });
    progress(part.label, 0, wanted);
  };
  for await (const figure of measureDatapath(extent, expects)) {
    live.clear();
    if ('workload' in figure) console.log(costRow(figure));
    if ('workload' in figure) figures.samples.push(figure);
    else if ('missing' in figure) figures.missing.push(figure);
    else figures.rates.push(figure);
    part.done += 1;
    progress(part.label, part.done, part.wanted);
  }
  live.clear();
  console.log([RATE_HEADING, ...rateRows(figures.rates, figures.missing)].join('\n'));
  const judgements = judge(figures);
  for (const judgement of judgements) console.log(judgementRow(judgement));
  console.log(`load at the end ${load()}`);
  if (json !== undefined)
    writeFileSync(json, JSON.stringify({ machine: machine(), figures, judgements }, undefined, 2));
  process.exitCode = exitCodeOf(judgements.map(({ verdict }) => verdict));
}
