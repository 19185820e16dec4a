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
  events: EventLog;
  reloader: Reloader;
  inspection: Inspection;
}

/** What the operator may ask of a running daemon. */
export function openCommands({ beat, status, events, reloader, inspection }: CommandParts): Handler {
  const commands: Record<string, (parameters: Parameters) => Promise<Answer | Following | Listing>> = {
    status: async () => ({ ok: true, value: await status() }),
    events: async () => ({ ok: true, value: events.recent() }),
    follow: async () => ({ follow: events.read }),
    counters: async () => ({ ok: true, value: inspection.counters() }),
    connections: async (parameters) => ({ rows: inspection.connections(parameters) }),
    trace: async (parameters) => ({ rows: inspection.trace(parameters) }),
    reload: async () => ({ ok: true, value: await reloader.reload('nlbctl') }),
    'reload-check': async () => ({ ok: true, value: await reloader.check() }),
    takeover: () => handover(beat, 'lead', 'active'),
    standby: () => handover(beat, 'standBy', 'standby'),
  };
  return async (command, parameters) => {
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
    return run
      ? run(parameters)
      : { ok: false, error: `unknown command "${command}"; known are ${Object.keys(commands).join(', ')}` };
  };
}

/** Over when one of the two leads and this node is in the state that was asked for. */
async function handover(beat: BeatHandle, what: 'lead' | 'standBy', wanted: StateName): Promise<Answer> {
  const { whyNotGranted } = await beat.request(what);
  if (whyNotGranted !== undefined) return { ok: false, error: whyNotGranted };
  const settled = await eventually(
    beat,
    ({ state, peer }) => state === wanted && (wanted === 'active' || peer.state === 'active'),
  );
  if (settled) return { ok: true, value: { state: wanted } };
  const { state, peer } = await beat.status();
  return {
    ok: false,
    error: `no handover within ${HANDOVER_MS} ms: this node is ${state}, ${peer.name} is ${peer.state ?? 'silent'}`,
  };
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
