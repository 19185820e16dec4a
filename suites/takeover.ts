import { firewallTables, resolveEverywhere } from '../harness/act/everyday.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, Drop, SuiteTest } from '../harness/act/suite-test.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain, enters } from '../harness/act/waits.ts';
import { announcedOnTakeover, neighbourReplaced } from '../harness/check/announcement.ts';
import { tookOver } from '../harness/check/takeover.ts';
import { cutBoth, healBoth } from '../harness/fault/cable.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import { losePower, restorePower } from '../harness/fault/power.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

/** After a node is taken for dead, asking for its address and taking over follow, in a lab that shares the machine. */
const TAKES_OVER_AFTER_MS = 800;
/** ARP-3. */
const ANNOUNCE_WITHIN_MS = 1;
/** A firewall changes its entry when the announcement comes in: the rest is reading the kernel's word of it. */
const REPLACE_WITHIN_MS = 50;
const PROBES_PER_SECOND = 100;

interface Fault {
  /** Of HA-1. */
  aspect: string;
  /** What is done to the active, in words. */
  what: string;
  strike(scene: Scene, active: LabNode): Promise<void>;
  mend(scene: Scene, struck: LabNode): Promise<void>;
  /** By its cables, where these are dead. */
  drops?: Drop[];
}

/** Strikes the active under load; the claims say that the other one is then the cluster's load balancer. */
function takesOverAfter({ aspect, what, strike, mend, drops = [] }: Fault): SuiteTest {
  return {
    proves: [`HA-1 ${aspect}`, 'ALIAS-1 by takeover', 'ARP-3', 'ARP-4'],
    drops: [SENT_TO_FENCED_NODE, ...drops],
    run: async (scene) => {
      const { active, standby } = await scene.lab.pair();
      await scene.census();
      await resolveEverywhere(scene);
      const load = await scene.client.startUdpProbes({
        target: scene.target('echo-udp'),
        perSecond: PROBES_PER_SECOND,
        sourcePorts: 10,
        timeoutMs: 500,
      });
      const struckNs = scene.nowNs();
      await scene.act(what, active.name, () => strike(scene, active));
      await enters(scene, standby.name, 'active', struckNs);
      await answersAgain(scene, load);
      await load.stop();
      await scene.act(`mend: ${what}`, active.name, () => mend(scene, active));
      await scene.lab.pair(10_000);
      return claimsOf(scene, what, active.name, standby.name);
    },
  };
}

function claimsOf(scene: Scene, what: string, from: string, to: string): Claims {
  const address = scene.nlbs;
  const port = scene.port(to, 'access');
  const mac = scene.mac(to, 'access');
  return {
    'the standby takes the address, announces it, and the cluster answers': tookOver({
      address,
      from,
      to: port,
      after: { what, node: from },
      withinMs: scene.lab.system.deadAfterMs + TAKES_OVER_AFTER_MS,
    }),
    'the announcement is a broadcast request, within a millisecond of the alias': announcedOnTakeover({
      address,
      port,
      device: 'access',
      mac,
      withinMs: ANNOUNCE_WITHIN_MS,
    }),
    'both firewalls’ entries are replaced by it, without asking': neighbourReplaced({
      address,
      mac,
      announcer: port,
      tables: firewallTables(scene),
      withinMs: REPLACE_WITHIN_MS,
    }),
  };
}

export default await suite(
  import.meta,
  'the standby takes over when the active fails',
  { topologies: ['invention'], servers: 2, seconds: 14 },
  {
    'kill -9 of the active daemon': takesOverAfter({
      aspect: 'killed',
      what: 'kill -9',
      strike: async (scene, active) => signal(scene, active, 'SIGKILL'),
      mend: async (scene, struck) => startSystem(scene, struck),
    }),
    'SIGSTOP of the active daemon, and its return': {
      ...takesOverAfter({
        aspect: 'stopped',
        what: 'SIGSTOP',
        strike: async (scene, active) => signal(scene, active, 'SIGSTOP'),
        mend: async (scene, struck) => signal(scene, struck, 'SIGCONT'),
      }),
    },
    'power loss: both links dead at once, every process frozen': takesOverAfter({
      aspect: 'power loss',
      what: 'power loss',
      drops: DEAD_CABLE,
      strike: losePower,
      mend: async (scene, struck) => {
        await restorePower(scene, struck);
        startSystem(scene, struck);
      },
    }),
    'both links down, the daemon running': {
      ...takesOverAfter({
        aspect: 'both links down',
        what: 'both links down',
        drops: DEAD_CABLE,
        strike: async (scene, active) => {
          await cutBoth(scene, active.name);
        },
        mend: async (scene, struck) => {
          await healBoth(scene, struck.name);
        },
      }),
    },
  },
);
