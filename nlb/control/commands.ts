import type { StateName } from '../pair/beat.ts';
import type { BeatHandle } from './beat/handle.ts';
import type { BeatStatus } from './beat/messages.ts';
import type { EventLog } from './events.ts';
import type { Inspection } from './inspection.ts';
import type { Reloader } from './reload.ts';
import type { Answer, Following, Handler, Listing, Parameters } from './socket.ts';

/** How long a requested handover may take before the operator gets the answer that it did not happen. */
const HANDOVER_MS = 1500;
const LOOK_EVERY_MS = 5;

export interface CommandParts {
  beat: BeatHandle;
  status(): Promise<unknown>;
  /** @param compares both nodes' data paths first */
  sync(compares: boolean): Promise<unknown>;
  events: EventLog;
  reloader: Reloader;
  inspection: Inspection;
}

/** What the operator may ask of a running daemon. */
export function openCommands({ beat, status, sync, events, reloader, inspection }: CommandParts): Handler {
  const commands: Record<string, (parameters: Parameters) => Promise<Answer | Following | Listing>> = {
    status: async () => ({ ok: true, value: await status() }),
    sync: async ({ compare }) => ({ ok: true, value: await sync(compare === true) }),
    events: async () => ({ ok: true, value: events.recent() }),
    follow: async () => ({ follow: events.read }),
    counters: async () => ({ ok: true, value: inspection.counters() }),
    connections: async (parameters) => ({ rows: inspection.connections(parameters) }),
    trace: async (parameters) => ({ rows: inspection.trace(parameters) }),
    reload: async () => ({ ok: true, value: await reloader.reload('nlbctl') }),
    'reload-check': async () => ({ ok: true, value: await reloader.check() }),
    takeover: ({ force }) => handover(beat, 'lead', 'active', force === true),
    standby: ({ force }) => handover(beat, 'standBy', 'standby', force === true),
  };
  return async (command, parameters) => {
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
    return run
      ? run(parameters)
      : { ok: false, error: `unknown command "${command}"; known are ${Object.keys(commands).join(', ')}` };
  };
}

/** Over when one of the two leads and this node is in the state that was asked for, or keeps the lead after all. */
async function handover(
  beat: BeatHandle,
  what: 'lead' | 'standBy',
  wanted: StateName,
  force: boolean,
): Promise<Answer> {
  const { whyNotGranted } = await beat.request(what, force || undefined);
  if (whyNotGranted !== undefined) return { ok: false, error: whyNotGranted };
  const isSettled = ({ state, peer }: BeatStatus) =>
    state === wanted && (wanted === 'active' || peer.state === 'active');
  await eventually(beat, (status) => isSettled(status) || whyKept(status) !== undefined);
  const status = await beat.status();
  return isSettled(status) ? { ok: true, value: { state: wanted } } : { ok: false, error: whyNotSettled(status) };
}

/** A leader that was about to let go, and did not. */
const whyKept = ({ sync }: BeatStatus): string | undefined => sync?.whyKept ?? undefined;

function whyNotSettled(status: BeatStatus): string {
  const { state, peer, sync } = status;
  const states = `this node is ${state}, ${peer.name} is ${peer.state ?? 'silent'}`;
  const behind = sync && sync.peerReign > 0 && !sync.saysInStep ? ', and does not say that this node is in step' : '';
  return whyKept(status) ?? `no handover within ${HANDOVER_MS} ms: ${states}${behind}`;
}

/** Whether the condition came true in time. */
export async function eventually(
  beat: BeatHandle,
  holds: (status: BeatStatus) => boolean,
  withinMs = HANDOVER_MS,
): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs) {
    if (holds(await beat.status())) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
}
