import type { Scene } from '../harness/act/scene.ts';
import { sendToFencedNode } from '../harness/act/send-to-fenced-node.ts';
import type { Drop, SuiteTest } from '../harness/act/suite-test.ts';
import { SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, runsScript } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { datagramsOf } from '../harness/check/datagrams.ts';
import { clientsLeft, forwardsNoMore, silentOnceSucceeded } from '../harness/check/fenced.ts';
import { answersNotBeyondLease } from '../harness/check/lease-end.ts';
import { paused } from '../harness/check/pause.ts';
import { noneLost } from '../harness/check/probes.ts';
import { between } from '../harness/check/span.ts';
import { tookOver } from '../harness/check/takeover.ts';
import type { Stall } from '../harness/driver/driver.ts';
import { stall } from '../harness/fault/stall.ts';
import type { HistoryEvent } from '../harness/history/event.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** Where packets are forwarded in user space: that is frozen, too. */
const BEATS_OF_A_SECOND: Drop = {
  cause: 'too many heartbeats',
  why: 'beats wait in the packet socket of a forwarder that is frozen, and are looked at all at once',
};

/** In a lab: that each beat renews. */
const LEASE_MS = 150;
/** The beat leaves first and the lease is renewed after it: a node that is held up between the two shows so much less. */
const RENEWAL_MS = 20;
/** After the node is taken for dead: asking for the address and taking over follow. */
const TAKES_OVER_AFTER_MS = 800;
/** Firewalls change their entries when the announcement comes in; what they sent before may still be on its way. */
const REPLACE_WITHIN_MS = 50;
const PROBES_PER_SECOND = 500;

interface Held {
  /** Of HA-10. */
  aspect: string;
  how: Stall;
  ms: number;
  /** Between two questions. */
  askEveryMs: number;
  longSeconds?: number;
}

const beatsOf = (scene: Scene, node: string) => ({ node, port: scene.lab.use('heartbeats').sentTo });

async function holdUp(scene: Scene, node: LabNode, { how, ms }: Pick<Held, 'how' | 'ms'>): Promise<void> {
  await scene.act(how, node.name, () => stall(scene.lab, node, how, ms));
}

/** So that the silence that follows has a beginning. */
async function beatsOnce(scene: Scene, { name }: LabNode, sinceNs: number): Promise<void> {
  const { node, port } = beatsOf(scene, name);
  const beats = (events: HistoryEvent[]) => datagramsOf(events, { node, direction: 'sent' }, port).length > 0;
  await scene.wait(`${name} beats`, beats, { sinceNs });
}

/** It stands by, by its script; where there are no scripts, one leads again, whichever it is. */
async function wokenUp(scene: Scene, { name }: LabNode, sinceNs: number): Promise<void> {
  if (scene.lab.system.can.stateScripts) await runsScript(scene, name, 'standby', sinceNs);
  else await scene.lab.pair(10_000);
}

/** Holds the active up past its lease, or for longer than a silent node is waited for, speaking to it all the time, until it has woken and stands by. */
function isFenced({ aspect, how, ms, askEveryMs, longSeconds }: Held): SuiteTest {
  return {
    proves: [`HA-10 ${aspect}`],
    drops: [SENT_TO_FENCED_NODE],
    ...(longSeconds ? { longSeconds } : {}),
    run: async (scene) => {
      const { active, standby } = await scene.lab.pair();
      await scene.census();
      const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: 100 });
      const beganNs = scene.nowNs();
      const leaveAlone = sendToFencedNode(scene, active.name, askEveryMs);
      await beatsOnce(scene, active, beganNs);
      const heldMs = Math.max(ms, 2 * scene.lab.system.deadAfterMs);
      await holdUp(scene, active, { how, ms: heldMs });
      await wokenUp(scene, active, beganNs);
      await answersAgain(scene, load);
      leaveAlone();
      await load.stop();
      await scene.lab.pair();
      return claimsOf(scene, how, active.name, standby.name, heldMs);
    },
  };
}

function claimsOf(scene: Scene, how: Stall, stalled: string, successor: string, ms: number) {
  const address = scene.nlbs;
  const beats = beatsOf(scene, stalled);
  const to = scene.port(successor, 'access');
  return {
    'it was held up': paused({ ...beats, atLeastMs: ms - RENEWAL_MS, lessThanMs: 2 * ms }),
    'the standby takes the address, announces it, and the cluster answers': tookOver({
      address,
      from: stalled,
      to,
      after: { what: how, node: stalled },
      withinMs: scene.lab.system.deadAfterMs + TAKES_OVER_AFTER_MS,
    }),
    'it answers nobody beyond the end of its lease': answersNotBeyondLease({
      address,
      beats,
      leaseMs: LEASE_MS,
      port: scene.port(stalled, 'access'),
    }),
    'from its successor’s announcement on it neither answers for the address nor claims it': silentOnceSucceeded({
      address,
      beats,
      port: scene.port(stalled, 'access'),
      successor: to,
      atLeast: 10,
    }),
    'from its successor’s announcement on it forwards nothing': forwardsNoMore({
      address,
      beats,
      path: scene.path(stalled),
      successor: to,
      clusterAddress: scene.cluster,
      atLeast: 10,
    }),
    'clients’ packets go by its successor alone, once firewalls know it': clientsLeft({
      address,
      beats,
      clusterAddress: scene.cluster,
      client: scene.address('client1', 'internet'),
      from: scene.port(stalled, 'server'),
      to: scene.path(successor),
      withinMs: REPLACE_WITHIN_MS,
      atLeast: 20,
    }),
  };
}

export default await suite(
  import.meta,
  'a load balancer that is held up past its lease is fenced, and one that is not is left alone',
  { topologies: ['invention'], servers: 2, seconds: 9, needs: ['heartbeats'] },
  {
    'SIGSTOP for 50 ms, within the lease: nothing moves and nothing is lost': {
      proves: ['HA-10 not within the lease'],
      needs: ['lease'],
      run: async (scene) => {
        const { active, standby } = await atRest(scene);
        const fromNs = scene.nowNs();
        await scene.census();
        const nodes = [active.name, standby.name];
        const target = scene.target('echo-udp');
        const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
        await answersAgain(scene, load);
        await holdUp(scene, active, { how: 'stop', ms: 50 });
        await answersAgain(scene, load, PROBES_PER_SECOND / 2);
        await load.stop();
        return {
          'it was held up': paused({ ...beatsOf(scene, active.name), atLeastMs: 50, lessThanMs: LEASE_MS }),
          'nothing moves': between({ fromNs }, nothingMoved({ address: scene.nlbs, nodes })),
          'no probe is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 2 }),
        };
      },
    },
    'SIGSTOP of the daemon for 1 s': isFenced({ aspect: 'stopped', how: 'stop', ms: 1000, askEveryMs: 5 }),
    'every process of the node frozen for 1 s': {
      ...isFenced({ aspect: 'frozen', how: 'freeze', ms: 1000, askEveryMs: 5 }),
      drops: [SENT_TO_FENCED_NODE, BEATS_OF_A_SECOND],
    },
    'SIGSTOP of the daemon for 60 s': isFenced({
      aspect: 'for a minute',
      how: 'stop',
      ms: 60_000,
      askEveryMs: 10,
      longSeconds: 65,
    }),
  },
);
