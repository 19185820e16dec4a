import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { execa } from 'execa';
import { announcementsFrom } from '../check/announcement.ts';
import { until } from '../clock/until.ts';
import { cgroupPath } from '../driver/cgroup.ts';
import type { LabNode } from '../node/node.ts';
import type { Scene } from './failover-fault.ts';
import type { Rig } from './failover-rig.ts';

/** The strokes of which faults are made, and what is waited for afterwards. */

export function signal({ lab }: Rig, node: LabNode, name: NodeJS.Signals): void {
  const pid = lab.daemons.get(node.name);
  if (pid === undefined) throw new Error(`no daemon was started on ${node.name}`);
  process.kill(pid, name);
}

/**
 * All of a power loss at one word, however busy the machine: a real-time shell tells two waiting `ip` to take the cables down,
 * and freezes the node, before it lets either of the two run in its place.
 */
const POWER_LOSS = `
exec 3> >(exec ip -n "$2" -batch -) 4> >(exec ip -n "$4" -batch -)
echo armed
read -r _
echo "link set $3 down" >&3
echo "link set $5 down" >&4
echo 1 >"$1"
`;

/** Power loss of a node: both of its cables dead at once, and every process frozen. */
export async function armPowerLoss(rig: Rig, node: LabNode): Promise<() => Promise<void>> {
  const cables = cablesOf(rig, node);
  const freezer = path.join(cgroupPath(rig.lab.name, node.name), 'cgroup.freeze');
  const words = [freezer, ...cables.flatMap(({ netns, port }) => [netns, port])];
  const shell = spawn('chrt', ['--fifo', '20', 'bash', '-c', POWER_LOSS, 'bash', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(shell.stdout, 'data');
  return async () => {
    shell.stdin.end('\n');
    await node.freeze();
    await Promise.all(cables.map(dead));
  };
}

async function dead({ netns, port }: Cable): Promise<void> {
  const isDead = async () =>
    (await execa('ip', ['-n', netns, 'link', 'show', 'dev', port])).stdout.includes('state DOWN');
  await until(isDead, { what: `the cable ${port} is dead`, withinMs: 2000 });
}

/** Power is back: the cables are live, and what ran on the node is gone. */
export async function restorePower(rig: Rig, node: LabNode): Promise<void> {
  await node.killAll();
  await Promise.all(
    cablesOf(rig, node).map(({ netns, port }) => execa('ip', ['-n', netns, 'link', 'set', port, 'up'])),
  );
}

/** A cable by the switch's end of it. */
interface Cable {
  netns: string;
  port: string;
}

function cablesOf({ lab, port: portOf }: Rig, { name, home }: LabNode): Cable[] {
  return home.plan.legs.map((leg) => ({ netns: lab.lanNetns(portOf(name, leg.name).lan), port: leg.port }));
}

/** Longer than any takeover; what takes longer did not happen, and the trial goes on to say so. */
const TAKEOVER_WITHIN_MS = 3000;

/** The standby announces the address, or does not. */
export async function takenOver({ rig, standby, struckNs }: Scene): Promise<void> {
  const access = rig.port(standby.name, 'access');
  const deadlineMs = performance.now() + TAKEOVER_WITHIN_MS;
  const announced = () =>
    announcementsFrom(rig.events(), access, rig.lab.plan.addresses.nlbs).some(({ event }) => event.atNs >= struckNs);
  await until(() => announced() || performance.now() > deadlineMs, {
    what: 'the standby announces the address',
    withinMs: 2 * TAKEOVER_WITHIN_MS,
    everyMs: 20,
  });
}

/** The node has run its script of one of those states since some instant. */
export async function entered({ rig }: Scene, node: LabNode, states: string[], sinceNs: number): Promise<void> {
  const ran = () =>
    rig
      .events()
      .some(
        (one) => one.kind === 'script' && one.node === node.name && states.includes(one.state) && one.atNs >= sinceNs,
      );
  await until(ran, { what: `${node.name} enters ${states.join(' or ')}`, withinMs: 10_000, everyMs: 20 });
}
