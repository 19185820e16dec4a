import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { SuiteTest } from '../harness/act/suite-test.ts';
import { answersAgain, heardAsking, runsScript } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { noneLost } from '../harness/check/probes.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { between } from '../harness/check/span.ts';
import { targetReached } from '../harness/check/target-reached.ts';
import { dropOnLan, type FrameRule } from '../harness/fault/drop-on-lan.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 200;
/**
 * Three questions unanswered, a tenth of a second apart; then the time in which the peer might lose the same target; then a
 * handover. And no lead is given away in the first second that it lasts.
 */
const TAKEOVER_WITHIN_MS = 4000;
const QUESTIONS = 10;
/** So many questions of a node take longer than losing a target and giving the lead away for it. */
const LONG_ENOUGH = 15;

/** The firewalls' VRRP address on the access subnet, which the suite's pair has as its reach target. */
function targetOf(scene: Scene): string {
  const address = scene.lab.plan.addresses.vrrp.access;
  if (address === undefined) throw new Error(`${scene.lab.plan.topology} has no VRRP address on the access subnet`);
  return address;
}

/** A node's questions for the target go no further than the switch. */
const unanswered = (scene: Scene, node: string): FrameRule =>
  `iifname "${scene.leg(node, 'access').port}" ether type arp arp operation request arp daddr ip ${targetOf(scene)}`;

/** No frame passes between a node and the firewalls. */
function apartFromFirewalls(scene: Scene, node: string): FrameRule[] {
  const own = scene.leg(node, 'access').port;
  const others = scene.lab.nodes('firewall').map(({ name }) => `"${scene.leg(name, 'access').port}"`);
  const set = `{ ${others.join(', ')} }`;
  return [`iifname "${own}" oifname ${set}`, `iifname ${set} oifname "${own}"`];
}

interface Fault {
  /** Of HA-2. */
  aspect: string;
  what: string;
  rules(scene: Scene, active: string): FrameRule[];
  /** Whether what the clients send gets through all the time. */
  losesNothing: boolean;
}

/** Cuts the active off; the claims say that the standby, which is not, leads, and goes on leading when that is mended. */
function takesOver({ aspect, what, rules, losesNothing }: Fault): SuiteTest {
  return {
    proves: [`HA-2 ${aspect}`],
    run: async (scene) => {
      const { active, standby } = await scene.lab.pair();
      await scene.census();
      const load = await scene.client.startUdpProbes({
        target: scene.target('echo-udp'),
        perSecond: PROBES_PER_SECOND,
        timeoutMs: 500,
      });
      await answersAgain(scene, load);
      const struckNs = scene.nowNs();
      const mend = await scene.act(what, active.name, () =>
        dropOnLan(scene, scene.lan('access'), rules(scene, active.name)),
      );
      const cutOffNs = scene.nowNs();
      await runsScript(scene, standby.name, 'active', struckNs);
      await answersAgain(scene, load);
      const cutOffUntilNs = scene.nowNs();
      await scene.act('mend', active.name, mend);
      const mendedNs = scene.nowNs();
      await heardAsking(scene, targetOf(scene), 2 * QUESTIONS, mendedNs);
      await load.stop();
      await scene.lab.pair();
      const asker = (node: string) => ({ asker: scene.port(node, 'access'), target: targetOf(scene) });
      return {
        'the active was cut off from its target': between(
          { fromNs: cutOffNs, untilNs: cutOffUntilNs },
          targetReached({ ...asker(active.name), atLeast: 3, reached: false }),
        ),
        'the standby was not': targetReached({ ...asker(standby.name), atLeast: 3, reached: true }),
        'the standby takes over': peerTookOver(scene, {
          from: active.name,
          to: standby.name,
          what,
          withinMs: TAKEOVER_WITHIN_MS,
        }),
        ...(losesNothing && { 'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND }) }),
        'the one that was cut off stands by, and goes on doing so': scriptsRan({
          node: active.name,
          states: ['standby'],
        }),
        'the one that took over keeps the lead': scriptsRan({ node: standby.name, states: ['active'] }),
      };
    },
  };
}

export default await suite(
  import.meta,
  'the load balancer that reaches the firewalls leads',
  { topologies: ['invention'], servers: 2, seconds: 12, pair: { reach: ['access'] }, needs: ['stateScripts'] },
  {
    'the active loses its reach target alone': takesOver({
      aspect: 'its target lost',
      what: 'the active asks for its target in vain',
      rules: (scene, active) => [unanswered(scene, active)],
      losesNothing: true,
    }),
    'the active is cut off from the firewalls': {
      ...takesOver({
        aspect: 'cut off from the firewalls',
        what: 'no frame passes between the active and the firewalls',
        rules: apartFromFirewalls,
        losesNothing: false,
      }),
    },
    'both lose the same target: nothing moves': {
      proves: ['HA-2 not where both lose it'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const load = await scene.client.startUdpProbes({
          target: scene.target('echo-udp'),
          perSecond: PROBES_PER_SECOND,
        });
        const rules = [active, standby].map(({ name }) => unanswered(scene, name));
        const mend = await scene.act('both ask in vain', undefined, () => dropOnLan(scene, scene.lan('access'), rules));
        const cutOffNs = scene.nowNs();
        await heardAsking(scene, targetOf(scene), 2 * LONG_ENOUGH, cutOffNs);
        const cutOffUntilNs = scene.nowNs();
        await scene.act('mend', undefined, mend);
        const mendedNs = scene.nowNs();
        await heardAsking(scene, targetOf(scene), 2 * LONG_ENOUGH, mendedNs);
        await load.stop();
        const nodes = [active.name, standby.name];
        const reached = (node: string, isReached: boolean) =>
          targetReached({
            asker: scene.port(node, 'access'),
            target: targetOf(scene),
            atLeast: LONG_ENOUGH - 2,
            reached: isReached,
          });
        const lost = { fromNs: cutOffNs, untilNs: cutOffUntilNs };
        return {
          'the active lost it': between(lost, reached(active.name, false)),
          'the standby lost it': between(lost, reached(standby.name, false)),
          'and had it again': between({ fromNs: mendedNs }, reached(standby.name, true)),
          'nobody moves': nothingMoved({ address: scene.nlbs, nodes }),
          'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND }),
        };
      },
    },
  },
);
