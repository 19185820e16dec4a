import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { answersAgain, atRest, probesEnded } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import type { Exemption } from '../harness/check/invariants/exemption.ts';
import { noneLost } from '../harness/check/probes.ts';
import { settled } from '../harness/check/settled.ts';
import { between } from '../harness/check/span.ts';
import { dropOnLan, type FrameRule } from '../harness/fault/drop-on-lan.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Load } from '../harness/traffic/client-handle.ts';

const PROBES_PER_SECOND = 200;
/** The links carry one way only for two seconds and more, and for twice as long as a node waits for its peer. */
const PROBES_MEANWHILE = 400;
const probesMeanwhile = ({ lab }: Scene): number =>
  Math.max(PROBES_MEANWHILE, (2 * lab.system.deadAfterMs * PROBES_PER_SECOND) / 1000);
/** After the peer is taken for dead: taking over and one dead time of two leaders follow, on processors that labs share. */
const SETTLES_AFTER_MS = 800;

const SUBNETS = ['access', 'server'] as const;
type Subnet = (typeof SUBNETS)[number];

interface Roles {
  active: string;
  standby: string;
}

/** What the switch of a subnet does not pass on. */
type Cut = (scene: Scene, subnet: Subnet, roles: Roles) => FrameRule[];

const port = (scene: Scene, node: string, subnet: Subnet): string => `"${scene.leg(node, subnet).port}"`;
const nothingTo =
  (deaf: keyof Roles): Cut =>
  (scene, subnet, roles) => [`oifname ${port(scene, roles[deaf], subnet)}`];
const nothingBetween =
  (from: keyof Roles, to: keyof Roles): Cut =>
  (scene, subnet, roles) => [`iifname ${port(scene, roles[from], subnet)} oifname ${port(scene, roles[to], subnet)}`];

interface Fault {
  /** Of HA-17. */
  aspect: string;
  cuts: Record<Subnet, Cut>;
  /** Whether the active goes on leading, and nothing is lost; else the standby leads in the end. */
  stays: boolean;
}

/** To the deaf one its peer is as silent as a dead one; the other yields when it has heard two beats of it that say so. */
const TWO_LEAD: Exemption = {
  invariant: 'one answerer',
  why: 'the standby hears nothing of the active, and leads; the active hears of it, and yields within two beats',
  from: { what: 'one way only' },
  until: { what: 'both ways again' },
};

const everywhere = (cut: Cut): Fault['cuts'] => ({ access: cut, server: cut });

function endsInOneLeader({ aspect, cuts, stays }: Fault): SuiteTest {
  return {
    proves: [`HA-17 ${aspect}`],
    ...(stays ? {} : { breaks: [TWO_LEAD] }),
    run: async (scene) => {
      const { active, standby } = await atRest(scene);
      const roles = { active: active.name, standby: standby.name };
      await scene.census();
      const target = scene.target('echo-udp');
      const load = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, timeoutMs: 500 });
      await answersAgain(scene, load);
      const beganNs = scene.nowNs();
      const cut = (subnet: Subnet) => dropOnLan(scene, scene.lan(subnet), cuts[subnet](scene, subnet, roles));
      const mends = await scene.act('one way only', undefined, () => Promise.all(SUBNETS.map(cut)));
      const mend = () => scene.act('both ways again', undefined, () => Promise.all(mends.map((each) => each())));
      const ended = serves(scene, load);
      await ended.catch(() => {});
      const untilNs = scene.nowNs();
      const dropped = await mend();
      await ended;
      const { legs } = scene.lab.use('heartbeats');
      const isIdle = SUBNETS.some((subnet, index) => legs.includes(subnet) && dropped[index] === 0);
      if (isIdle) throw new Error('on a subnet by which heartbeats go nothing was dropped');
      await atRest(scene);
      await answersAgain(scene, load, PROBES_PER_SECOND);
      await load.stop();
      return claimsOf(scene, roles, { fromNs: beganNs, untilNs }, stays);
    },
  };
}

/** Probes go on for long, and are answered in the end. */
async function serves(scene: Scene, load: Load): Promise<void> {
  await probesEnded(load, load.probes.length + probesMeanwhile(scene));
  await answersAgain(scene, load);
}

function claimsOf(scene: Scene, roles: Roles, span: { fromNs: number; untilNs: number }, stays: boolean): Claims {
  const nodes = [roles.active, roles.standby];
  const ends = (what: string) =>
    settled({
      address: scene.nlbs,
      nodes,
      after: { what },
      withinMs: scene.lab.system.deadAfterMs + SETTLES_AFTER_MS,
      atLeast: PROBES_PER_SECOND / 2,
    });
  return {
    'one leads in the end, and serves': between(span, ends('one way only')),
    ...(stays && {
      'the active goes on leading': between(span, nothingMoved({ address: scene.nlbs, nodes: [roles.active] })),
      'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_MEANWHILE }),
    }),
    'when both ways are back, one leads and serves': between({ fromNs: span.untilNs }, ends('both ways again')),
  };
}

export default await suite(
  import.meta,
  'whatever links carry one way only, one leads',
  { topologies: ['invention'], servers: 2, seconds: 24, needs: ['heartbeats'] },
  {
    'the standby hears nobody: the active goes on': endsInOneLeader({
      aspect: 'the standby hears nobody',
      cuts: everywhere(nothingTo('standby')),
      stays: true,
    }),
    'the standby hears everybody but the active': endsInOneLeader({
      aspect: 'the standby hears all but the active',
      cuts: everywhere(nothingBetween('active', 'standby')),
      stays: false,
    }),
    'the active hears nobody': endsInOneLeader({
      aspect: 'the active hears nobody',
      cuts: everywhere(nothingTo('active')),
      stays: false,
    }),
    'the active hears everybody but the standby: it goes on': {
      needs: ['standbyBeats'],
      ...endsInOneLeader({
        aspect: 'the active hears all but the standby',
        cuts: everywhere(nothingBetween('standby', 'active')),
        stays: true,
      }),
    },
    'by each subnet one way, and not the same': {
      ...endsInOneLeader({
        aspect: 'each path the other way',
        cuts: { access: nothingBetween('active', 'standby'), server: nothingBetween('standby', 'active') },
        stays: true,
      }),
    },
    'by each subnet the other way': {
      thorough: true,
      needs: ['standbyBeats'],
      ...endsInOneLeader({
        aspect: 'each path the other way',
        cuts: { access: nothingBetween('standby', 'active'), server: nothingBetween('active', 'standby') },
        stays: true,
      }),
    },
  },
);
