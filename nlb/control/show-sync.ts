import type { InStepStatus } from '../in-step/status.ts';
import type { BeatStatus } from './beat/messages.ts';
import { duration } from './show.ts';

/** All that `nlbctl sync --json` shows. `beat` is what the two say of it to each other in their heartbeats. */
export interface SyncShown {
  /** Why this node takes no part; absent where it does. */
  off?: string;
  peer: string;
  beat: BeatStatus['sync'];
  inStep: InStepStatus | null;
  /** Services with persistence: where a client's affinity has placed a connection elsewhere than its slot, the other node does not know. */
  notKept: string[];
}

/** The same as text. */
export function showSync({ off, peer, beat, inStep, notKept }: SyncShown): string {
  if (off !== undefined || !inStep) return off ?? 'starting';
  const { records, held, slots, link } = inStep;
  const rows: [string, string][] = [
    ['in step', inStepText(inStep, peer, beat)],
    ...(inStep.graceLeftMs > 0
      ? [
          ['grace', `${duration(inStep.graceLeftMs)} left: until then no planned change is committed`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(inStep.peerLacksServers
      ? [
          ['waits', `${peer} has other servers or services: nothing is planned for one that it may not have`] as [
            string,
            string,
          ],
        ]
      : []),
    ...(notKept.length > 0
      ? [['not kept', `connections placed by their client’s affinity: ${notKept.join(', ')}`] as [string, string]]
      : []),
    [
      'records',
      inStep.part === 'leads'
        ? `${records.logged} logged (${kindsText(records)}), ${records.acknowledged} acknowledged, ${records.sentAgain} sent again`
        : `${records.applied} applied`,
    ],
    ...(inStep.compared ? [['compared', comparedText(inStep.compared)] as [string, string]] : []),
    ['exceptions', String(inStep.exceptions)],
    ['slots', `${slots.drifting} to change their server, ${slots.setting} about to`],
    [
      'held',
      `${held.waiting} packets wait; ${held.released} went on${timesText(held)}, ${held.notReleased + held.dropped} did not`,
    ],
    ...Object.entries(link.sent).map(([path, sent]): [string, string] => [
      `by ${path}`,
      `${sent} datagrams sent, ${link.received[path as keyof typeof link.received]} received`,
    ]),
    ...Object.entries(link.refused).map(([why, count]): [string, string] => ['refused', `${count} datagrams: ${why}`]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

function inStepText({ part, isInStep }: InStepStatus, peer: string, beat: BeatStatus['sync']): string {
  if (part === 'leads')
    return isInStep ? `${peer} may take over at any instant` : `NO: ${peer} has not acknowledged all that is logged`;
  if (part === 'joined' && beat?.saysInStep) return `this node may take over from ${peer} at any instant`;
  if (part === 'joined') return `NO: ${peer} does not say that this node has all`;
  if (part === 'joining') return `NO: joining ${peer}`;
  return 'NO: nobody leads whom this node could join';
}

function comparedText({ same, different, unanswered, flows, agoMs }: NonNullable<InStepStatus['compared']>): string {
  const parts = [`${same} connections go to the same server on both nodes`];
  if (different > 0) parts.push(`${different} do NOT: ${flows.join(', ')}`);
  if (unanswered > 0) parts.push(`of ${unanswered} the other said nothing`);
  return `${duration(agoMs)} ago: ${parts.join('; ')}`;
}

const timesText = ({ heldMs }: InStepStatus['held']): string =>
  heldMs ? ` after ${ms(heldMs.p50)} (p50), ${ms(heldMs.p99)} (p99), ${ms(heldMs.most)} at most` : '';

const ms = (number: number): string => `${number.toFixed(1)} ms`;

const kindsText = ({ kinds: { set, add, del } }: InStepStatus['records']): string =>
  `${set} SET, ${add} ADD, ${del} DEL of this lead`;
