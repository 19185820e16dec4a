import { globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeSharedMemoryAtExit } from '../driver/shared-memory.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';

/**
 * A wall clock of its own for each load balancer. CLOCK_REALTIME is one for the whole machine, which must not be touched, and
 * no namespace covers it. libfaketime stands between a program and its C library and changes what that tells of the wall
 * clock; the monotonic clock it leaves alone. It reads the step from a file, once a second.
 */
const PATTERN = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/** The library: where `ONEVIP_FAKETIME` says, or where Debian has it. */
const findLibrary = (): string | undefined => process.env.ONEVIP_FAKETIME ?? globSync(PATTERN)[0];

/** Why no clock can be stepped on this machine; undefined where it can. */
export const whyNoClocks = (): string | undefined =>
  findLibrary() === undefined
    ? 'libfaketime is not there (apt-get install libfaketime, or name the file in ONEVIP_FAKETIME)'
    : undefined;

const stepFile = (lab: Lab, node: string): string => path.join(lab.folder, `${node}.clock-step`);

/** Files by which the library shares a lock and a number among a process and its children: it forgets them when a process becomes another one or is killed. */
const SHARED_MEMORY = /^(?:faketime_shm|sem\.faketime_sem)_(\d+)$/;

/** What starts on the load balancers from now on has a wall clock that can be stepped. @throws where that cannot be had */
export function ownClocks(lab: Lab): void {
  const why = whyNoClocks();
  if (why !== undefined) throw new Error(`no wall clock can be stepped: ${why}`);
  removeSharedMemoryAtExit(SHARED_MEMORY);
  for (const { name, home } of lab.nodes('nlb')) {
    stepClock(lab, name, 0);
    Object.assign(home.env, {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: stepFile(lab, name),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
  }
}

/** Steps the node's wall clock to so many seconds from the machine's. */
export function stepClock(lab: Lab, node: string, seconds: number): void {
  writeFileSync(stepFile(lab, node), `${seconds < 0 ? '' : '+'}${seconds}\n`);
}

/** How far the wall clock of a node's daemon was from the machine's when it wrote the last line of its log, in seconds. */
export function lastLoggedOffset(lab: Lab, node: LabNode, nowMs: number): number {
  const { label, lastStampMs } = lab.use('stampedLog');
  return (lastStampMs(readFileSync(node.logFile(label), 'utf8')) - nowMs) / 1000;
}
