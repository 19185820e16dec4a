import { summarise } from '../summary.ts';
import type { TakeoverResult } from './sync.ts';
import type { Takeover } from './takeover.ts';

/** Takeovers as lines of a table. */
const LABEL_WIDTH = 16;
const WIDTH = 13;

export const TAKEOVER_HEADING: string = [
  'takeovers'.padEnd(LABEL_WIDTH),
  ...['trials', 'discarded', 'connections', 'of last 50 ms', 'lost', 'that lost any'].map((word) =>
    word.padStart(WIDTH + 1),
  ),
].join('');

const total = (trials: readonly Takeover[], of: (trial: Takeover) => number): number =>
  trials.reduce((sum, trial) => sum + of(trial), 0);

export const lostIn = (trials: readonly Takeover[]): number => total(trials, ({ lost }) => lost.length);
const losing = (trials: readonly Takeover[]): number => trials.filter(({ lost }) => lost.length > 0).length;

export function takeoverRow({ label, trials, discarded }: TakeoverResult): string {
  const figures = [
    trials.length,
    discarded.length,
    total(trials, ({ connections }) => connections),
    total(trials, ({ fresh }) => fresh),
    lostIn(trials),
    losing(trials),
  ];
  return `${label.padEnd(LABEL_WIDTH)}${figures.map((figure) => String(figure).padStart(WIDTH + 1)).join('')}`;
}

/** How many takeovers are named that lost something. */
const NAMED = 5;

/** What stands under the row. */
export function takeoverNotes({ trials, discarded, broken }: TakeoverResult): string[] {
  const fresh = trials.map((trial) => trial.fresh);
  const reasons = Map.groupBy(discarded, (trial) => (trial.discarded ?? '').replaceAll(/\d+/g, '…'));
  return [
    ...(broken === undefined ? [] : [`${trials.length === 0 ? 'not measured' : 'broken off'}: ${broken}`]),
    ...(fresh.length === 0 ? [] : [freshText(fresh)]),
    ...trials
      .filter(({ lost }) => lost.length > 0)
      .slice(0, NAMED)
      .map(lossText),
    ...[...reasons].map(([, group]) => `discarded (${group.length}): ${group[0]?.discarded}`),
    ...(losing(discarded) === 0 ? [] : [`in the discarded ones: ${lostIn(discarded)} lost in ${losing(discarded)}`]),
  ];
}

function freshText(fresh: readonly number[]): string {
  const { min, median, max } = summarise(fresh);
  return `established in the last 50 ms before a takeover: ${min} to ${max}, median ${median}`;
}

function lossText({ how, active, connections, lost }: Takeover): string {
  const ages = lost.map(({ ageMs }) => ageMs);
  const outcomes = [...new Set(lost.map((one) => one.how))].join(', ');
  return `${how} of ${active}: ${lost.length} of ${connections} lost (${outcomes}), established ${Math.min(...ages).toFixed(0)} to ${Math.max(...ages).toFixed(0)} ms before`;
}
