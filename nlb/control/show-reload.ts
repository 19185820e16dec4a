import { changeText } from '../config/diff.ts';
import type { Reloaded } from './reload.ts';

/** A reload as text for a terminal: what changes, one a line, then what became of it. */
export function showReload({ outcome, changes, problems }: Reloaded): string {
  return [...changes.map(changeText), ...problems, SUMMARIES[outcome]].join('\n');
}

const SUMMARIES: Record<Reloaded['outcome'], string> = {
  applied: 'reloaded',
  unchanged: 'nothing has changed',
  checked: 'a reload would change this',
  refused: 'refused; the configuration in force stays as it is',
};
