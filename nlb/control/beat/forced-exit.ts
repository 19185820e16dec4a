import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { endProcess } from '../../kernel/libc.ts';
import { type SignalWatch, watchSignals } from '../../kernel/signals.ts';
import { isAlive, listenedMs } from '../../pair/peer.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Role } from '../../pair/state.ts';
import { atWork, lookAtMain } from './hung-main.ts';

/** Ends the process on a signal where the main thread, which should, hangs. */
export interface ForcedExit {
  /** The main thread has said something. */
  heard(): void;
  /** To be done with each tick, before the role hears of it. */
  look(role: Role, atMs: number, settings: Settings): void;
}

export interface ForcedExitHooks {
  /** Let go of the lead; true where it is left for a successor instead, and nothing is to be waited for. */
  letGo(): boolean;
  problem(text: string): void;
}

const { SIGTERM, SIGINT } = constants.signals;
const STDOUT = 1;
/** EX_SOFTWARE of sysexits.h: a fault of the program itself. */
const SOFTWARE = 70;

export function openForcedExit({ letGo, problem }: ForcedExitHooks): ForcedExit {
  const signals = watchOrReport(problem);
  let main = atWork;
  return {
    heard: () => {
      main = { ...main, silentMs: 0 };
    },
    look: (role, atMs, settings) => {
      const look = {
        atMs,
        listenedMs: listenedMs(role.tickedAtMs, atMs, settings),
        signalled: signals.caught().length > 0,
        peerLeads: isAlive(role.peer, settings) && role.peer.standing.state === 'active',
        isCompleting: role.state.name === 'active' && role.state.completing !== undefined,
      };
      const next = lookAtMain(main, look, settings);
      main = next.main;
      if (next.act === 'end') end(settings.node);
      if (next.act !== 'let go') return;
      writeLog(settings.node, 'the main thread hangs: stopping without it');
      if (letGo()) end(settings.node);
    },
  };
}

function end(node: string): never {
  writeLog(node, 'ended without the main thread');
  endProcess(SOFTWARE);
  throw new Error('_exit returned');
}

/** A line of the log, which is the main thread's otherwise. */
function writeLog(node: string, msg: string): void {
  writeSync(STDOUT, `${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), node, msg })}\n`);
}

function watchOrReport(problem: ForcedExitHooks['problem']): SignalWatch {
  try {
    return watchSignals([SIGTERM, SIGINT]);
  } catch (error) {
    problem(`A signal will not end this daemon while its main thread hangs: ${(error as Error).message}`);
    return { caught: () => [] };
  }
}
