import { describeFrame } from '../capture/describe.ts';
import { decodeFrame } from '../capture/frame.ts';
import type { HistoryEvent } from '../history/event.ts';

/** One line for an event, with its instant in milliseconds since the history began. */
export function describeEvent(event: HistoryEvent): string {
  return `${(event.atNs / 1e6).toFixed(3).padStart(10)} ms  ${words(event)}`;
}

function words(event: HistoryEvent): string {
  switch (event.kind) {
    case 'frame':
      return `${event.node}/${event.leg} ${event.direction} ${describeFrame(decodeFrame(event.bytes))}`;
    case 'address':
      return `${event.node} ${event.change} ${event.address} on ${event.device}${event.label ? ` as ${event.label}` : ''}`;
    case 'neighbour':
      return `${event.node} knows ${event.address} on ${event.device} at ${event.mac ?? 'no address'} (${event.state})`;
    case 'act':
      return `${event.what}${event.node ? ` (${event.node})` : ''}${took(event)}`;
    case 'test':
      return `the test "${event.title}" ${event.phase}`;
    case 'probe':
      return `${event.node} ${event.protocol} ${event.flow} #${event.sequence} ${event.outcome}${event.server ? ` by ${event.server}` : ''}`;
    case 'served':
      return `${event.node} served ${event.protocol} ${event.client} at ${event.target}`;
    case 'census':
      return `census: ${event.addresses.length} addresses, ${event.routes.length} routes`;
    case 'script':
      return `${event.node} ran the script of ${event.state} after ${event.previous}: ${event.reason}`;
    case 'logged':
      return `${event.node} says: ${event.text}`;
    case 'counted':
      return `${event.node}: ${event.what}: ${countsText(event.counts)}`;
    case 'drops':
      return `${event.node} has dropped${event.anew ? '' : ', earlier lives included'}: ${countsText(event.counts)}`;
    case 'standstill':
      return `the machine stood still${took(event)}`;
    case 'starved':
      return `${event.node} waited for a processor for ${(event.forNs / 1e6).toFixed(1)} of ${((event.untilNs - event.atNs) / 1e6).toFixed(1)} ms`;
    case 'watched':
      return `watched ${event.what} of ${event.where} until ${(event.untilNs / 1e6).toFixed(3)} ms, missed ${event.missed}`;
  }
}

const countsText = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

const took = (event: { atNs: number; untilNs?: number }): string =>
  event.untilNs === undefined ? '' : `, took ${((event.untilNs - event.atNs) / 1e6).toFixed(1)} ms`;
