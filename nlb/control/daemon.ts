import { rmSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { openDatapath } from '../datapath/datapath.ts';
import { lockMemory } from '../kernel/scheduling.ts';
import { openScripts } from '../scripts/operator.ts';
import { type BeatHandle, startBeat } from './beat/handle.ts';
import { eventually, openCommands } from './commands.ts';
import { openEvents } from './events.ts';
import { openLoop } from './loop.ts';
import { beatOrders } from './orders.ts';
import { serve } from './socket.ts';
import { composeStatus } from './status.ts';

/** Where the daemon's words go. */
export interface Log {
  info(detail: Record<string, unknown>, text: string): void;
  warn(detail: Record<string, unknown>, text: string): void;
}

export interface Daemon {
  /** Hand over, withdraw, run the last scripts. The node is then without alias, data path and addresses of ours. */
  stop(): Promise<void>;
}

/** How long a stopping leader waits for its peer to lead, and then goes on forwarding: two announcements' time. */
const TAKEN_OVER_WITHIN_MS = 300;
const FORWARD_ON_MS = 150;

/**
 * Everything that runs, wired up.
 * @param died called when the node can go on no longer
 * @throws KernelRefusal where the data path or the control socket cannot be had; nothing of ours is then left behind
 */
export async function startDaemon(config: Config, log: Log, died: (error: Error) => void): Promise<Daemon> {
  const events = openEvents((detail, event) => log.info(detail, event));
  const problem = (text: string) => log.warn({ problem: text }, 'problem');
  const scripts = openScripts(config.scripts, (end) => events.add('script', { ...end }));
  const beat = startBeat(beatOrders(config), {
    entered: ({ state, previous, reason }) => {
      events.add('state', { state, previous, reason });
      scripts.entered({ state, previous, reason });
    },
    problem,
    died,
  });
  const memoryLocked = lockMemory();
  const datapath = openDatapath({
    ...config.datapath,
    accessInterfaces: [config.access.interface],
    serverInterfaces: [config.server.interface],
    maxServers: MAX_SERVERS,
    maxServices: MAX_SERVICES,
  });
  beat.useLease(datapath.leaseFd);
  const loop = openLoop(config, datapath, {
    facts: (facts) => beat.tell(facts),
    event: (name, detail) => events.add(name, detail),
    problem,
  });
  const status = async () => composeStatus({ config, beat: await beat.status(), datapath, loop, memoryLocked });
  const commands = openCommands({ beat, status, events: () => events.recent() });
  const server = await serve(config.control.socket, commands).catch((error) => {
    loop.withdraw();
    throw error;
  });
  const stop = async () => {
    server.close();
    rmSync(config.control.socket, { force: true });
    await handOver(beat);
    loop.withdraw();
    await scripts.idle();
  };
  return { stop };
}

/** As the configuration's schema allows. */
const MAX_SERVERS = 1024;
const MAX_SERVICES = 256;

/** Let the peer lead, and forward what still comes to the old hardware address for a moment. */
async function handOver(beat: BeatHandle): Promise<void> {
  const before = await beat.status();
  const { status } = await beat.request('stop');
  if (before.state !== 'active' || !status.peer.alive) return;
  const taken = await eventually(beat, ({ peer }) => peer.state === 'active', TAKEN_OVER_WITHIN_MS);
  if (taken) await new Promise((resolve) => setTimeout(resolve, FORWARD_ON_MS));
}
