import type { ConnectionShown, CountersShown, TraceShown } from './inspection.ts';
import { unsentText } from './unsent.ts';

/** Counters, connections and traces as text for a terminal. */

export function showCounters({ outcomes, unsent, services, servers, tables }: CountersShown): string {
  const seen = outcomes.filter(({ packets }) => packets > 0);
  const tallies = (what: string, rows: CountersShown['servers']): string[][] => [
    [what, 'packets', 'bytes', 'new', 'active'],
    ...rows.map(({ name, packets, bytes, opened, active }) => [name, ...[packets, bytes, opened, active].map(String)]),
  ];
  return [
    [['outcome', 'packets', 'bytes'], ...seen.map(({ name, packets, bytes }) => [name, `${packets}`, `${bytes}`])],
    ...(unsent ? [[['not sent', unsentText(unsent)]]] : []),
    tallies('service', services),
    tallies('server', servers),
    [
      ['table', 'entered', 'limited', 'refused', 'removed', 'evicted'],
      ...tables.map(({ name, ...counts }) => [name, ...Object.values(counts).map(String)]),
    ],
  ]
    .map(table)
    .join('\n\n');
}

/** A line of it, for the eye and for `awk`. */
export function showConnection({ protocol, client, to, server, state, silentMs }: ConnectionShown): string {
  return `${protocol} ${client.padEnd(21)} ${to.padEnd(21)} ${server.padEnd(15)} ${state.padEnd(11)} silent ${silentMs} ms`;
}

export function showTrace({ packet, outcome, because, server }: TraceShown): string {
  const to = server ? [`→ ${server.name}, ${server.address} at ${server.mac ?? '?'}`] : [];
  return [packet, ...because.map((line) => `  ${line}`), `  ${[outcome, ...to].join(' ')}`].join('\n');
}

/** The first column to the left, numbers to the right. */
function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}
