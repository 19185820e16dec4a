import { readEventLog } from '../harness/act/event-log.ts';
import { resolveEverywhere } from '../harness/act/everyday.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { answersAgain } from '../harness/act/waits.ts';
import { announcedOnTakeover } from '../harness/check/announcement.ts';
import { eventLogged } from '../harness/check/event-log.ts';
import { noneLost } from '../harness/check/probes.ts';
import { type Meddling, putRight } from '../harness/check/put-right.ts';
import type { HistoryEvent } from '../harness/history/event.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const WITHIN_MS = 100;
/** The announcement follows the address; the kernel's word of the address is read a moment after the fact. */
const ANNOUNCE_WITHIN_MS = 20;
const PROBES_PER_SECOND = 200;
const PROBES = 40;

/** What `ip -batch` is to do on a node, and what that takes away or puts there. */
interface Meddler {
  what: string;
  node: LabNode;
  lines: string[];
  changes: Pick<Meddling, 'device' | 'address' | 'change'>[];
}

/** Does it, and waits until the node has undone each change, as far as it does. */
async function meddle(scene: Scene, { what, node, lines, changes }: Meddler): Promise<void> {
  const sinceNs = scene.nowNs();
  await scene.act(what, node.name, async () => {
    const done = await node.runBeside(['ip', '-4', '-batch', '-'], `${lines.join('\n')}\n`);
    if (done.exitCode !== 0) throw new Error(`ip on ${node.name}: ${done.stderr}`);
  });
  const isUndone = (events: HistoryEvent[], { device, address, change }: Meddler['changes'][number]) => {
    const [first, next] = events.filter(
      (event) =>
        event.kind === 'address' && event.node === node.name && event.device === device && event.address === address,
    );
    return first?.kind === 'address' && first.change === change && next !== undefined;
  };
  const undone = (events: HistoryEvent[]) => changes.every((change) => isUndone(events, change));
  await scene.wait(`${node.name} undoes: ${what}`, undone, { sinceNs, withinMs: 2000, isPromise: true });
}

function undoneInTime({ what, node, changes }: Meddler): Claims {
  const claims = changes.map(({ device, address, change }) => [
    `${what}: ${address} on ${device} of ${node.name} is put right`,
    putRight({ node: node.name, device, address, change, after: { what, node: node.name }, withinMs: WITHIN_MS }),
  ]);
  return Object.fromEntries(claims);
}

/** The event log says what was put right, by its count. */
function logged(node: LabNode, reading: string, fields: Record<string, unknown>): Claims {
  const words = Object.values(fields).join(' ');
  return { [`the log of ${node.name}: ${words}`]: eventLogged({ node: node.name, reading, name: 'address', fields }) };
}

export default await suite(
  import.meta,
  'addresses that somebody else takes away or puts elsewhere are put right',
  { topologies: ['invention'], servers: 2, seconds: 6, needs: ['eventLog'] },
  {
    'the alias comes back, and is announced, when it is flushed from the active under load': {
      proves: ['ALIAS-10 the alias taken off'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        await resolveEverywhere(scene);
        const load = await scene.client.startUdpProbes({
          target: scene.target('echo-udp'),
          perSecond: PROBES_PER_SECOND,
          sourcePorts: 10,
          timeoutMs: 500,
        });
        const alias = { device: 'access', address: `${scene.nlbs}/32`, change: 'removed' } as const;
        const own = scene.leg(active.name, 'access').address;
        const flush: Meddler = {
          what: 'flush the alias',
          node: active,
          lines: [`address flush dev access label ${scene.lab.system.labels.alias}`],
          changes: [alias],
        };
        const manager: Meddler = {
          what: 'flush the interface, and set its own address',
          node: active,
          lines: ['address flush dev access', `address add ${own} dev access`],
          changes: [alias],
        };
        await answersAgain(scene, load, PROBES);
        await meddle(scene, flush);
        await answersAgain(scene, load, PROBES);
        await meddle(scene, manager);
        await answersAgain(scene, load, PROBES);
        await load.stop();
        await readEventLog(scene, active, flush.what);
        const fields = { change: 'put back', address: alias.address, interface: 'access' };
        return {
          ...undoneInTime(flush),
          ...undoneInTime(manager),
          'each time it is announced': announcedOnTakeover({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            device: 'access',
            mac: scene.mac(active.name, 'access'),
            withinMs: ANNOUNCE_WITHIN_MS,
          }),
          'no request is lost': noneLost({ protocol: 'udp', atLeast: 3 * PROBES }),
          ...logged(active, flush.what, { ...fields, count: 1 }),
          ...logged(active, flush.what, { ...fields, count: 2 }),
        };
      },
    },
    'cluster addresses come back to the loopback of both': {
      proves: ['ALIAS-10 a cluster address taken off'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const address = `${scene.cluster}/32`;
        const flushes = [active, standby].map(
          (node): Meddler => ({
            what: 'flush the loopback',
            node,
            lines: [`address flush dev lo label ${scene.lab.system.labels.loopback}`],
            changes: [{ device: 'lo', address, change: 'removed' }],
          }),
        );
        for (const flush of flushes) await meddle(scene, flush);
        for (const { node, what } of flushes) await readEventLog(scene, node, what);
        const claims = flushes.map((flush) => ({
          ...undoneInTime(flush),
          ...logged(flush.node, flush.what, { change: 'put back', address, interface: 'lo', count: 1 }),
        }));
        return Object.assign({}, ...claims) as Claims;
      },
    },
    'an alias that stands where it should not is taken off': {
      proves: ['ALIAS-10 the alias where it should not be'],
      breaks: [{ invariant: 'alias off the standby', why: 'somebody else puts it there' }],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const stray = (node: LabNode, device: string, prefix: number): Meddler => ({
          what: `add ${scene.nlbs}/${prefix} to ${device}`,
          node,
          lines: [`address add ${scene.nlbs}/${prefix} dev ${device}`],
          changes: [{ device, address: `${scene.nlbs}/${prefix}`, change: 'added' }],
        });
        const strays = [
          stray(standby, 'access', 32),
          stray(standby, 'server', 32),
          stray(active, 'server', 32),
          stray(active, 'access', 24),
        ];
        for (const each of strays) await meddle(scene, each);
        for (const node of [active, standby]) await readEventLog(scene, node, 'strays');
        const claims = strays.map((each) => {
          const [{ device, address } = { device: '', address: '' }] = each.changes;
          const fields = { change: 'taken off', address, interface: device, count: 1 };
          return { ...undoneInTime(each), ...logged(each.node, 'strays', fields) };
        });
        return Object.assign({}, ...claims) as Claims;
      },
    },
  },
);
