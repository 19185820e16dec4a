import { announcementsFrom } from '../../check/announcement.ts';
import { until } from '../../clock/until.ts';
import type { LabNode } from '../../node/node.ts';
import type { RunningTrial } from './fault.ts';
import { readLog } from './log.ts';

/** What is waited for after a fault. */

/** After the silence that the standby waits for: longer than any takeover. What takes longer did not happen, and the trial goes on to say so. */
const TAKES_OVER_AFTER_MS = 3000;

/** The standby announces the address, or does not. */
export async function takenOver({
  rig,
  standby,
  injectedNs,
}: Pick<RunningTrial, 'rig' | 'standby' | 'injectedNs'>): Promise<void> {
  const access = rig.view.port(standby.name, 'access');
  const withinMs = rig.lab.system.deadAfterMs + TAKES_OVER_AFTER_MS;
  const deadlineMs = performance.now() + withinMs;
  const announced = () =>
    announcementsFrom(rig.events(), access, rig.lab.plan.addresses.nlbs).some(({ event }) => event.atNs >= injectedNs);
  await until(() => announced() || performance.now() > deadlineMs, {
    what: 'the standby announces the address',
    withinMs: 2 * withinMs,
    everyMs: 20,
  });
}

/** The node has run its script of one of those states since some instant. Throws an error that says what it did instead. */
export async function entered({ rig }: RunningTrial, node: LabNode, states: string[], sinceNs: number): Promise<void> {
  const ran = () =>
    rig
      .events()
      .flatMap((one) => (one.kind === 'script' && one.node === node.name && one.atNs >= sinceNs ? [one.state] : []));
  try {
    await until(() => ran().some((state) => states.includes(state)), {
      what: `${node.name} enters ${states.join(' or ')}`,
      withinMs: 10_000,
      everyMs: 20,
    });
  } catch (error) {
    const logged = (await readLog(rig, node)).filter(({ atNs }) => atNs >= sinceNs).map(({ text }) => text);
    const instead = [`scripts since then: ${ran().join(', ') || 'none'}`, ...logged.slice(-LOGGED)];
    throw new Error(`${error instanceof Error ? error.message : error}; ${instead.join('; ')}`);
  }
}

/** So many of its last events are told. */
const LOGGED = 5;
