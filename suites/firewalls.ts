import { firewalls, virtualMac } from '../harness/act/everyday.ts';
import { askThroughout } from '../harness/act/inject.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims, SuiteTest } from '../harness/act/suite-test.ts';
import { DEAD_CABLE, SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { advertises, answersAgain, enters, hearsAdverts } from '../harness/act/waits.ts';
import type { Claim } from '../harness/check/claim.ts';
import { oneMasterOnEveryLeg } from '../harness/check/one-master.ts';
import { gapAtMost, noReset } from '../harness/check/probes.ts';
import { between } from '../harness/check/span.ts';
import {
  advertsWellFormed,
  type Backup,
  backupDoesNotAnswer,
  backupTookOver,
  masterDownMs,
  type RouterLeg,
  skewMs,
} from '../harness/check/vrrp.ts';
import { resignedInOrder } from '../harness/check/vrrp-resigned.ts';
import { ADVERT_SECONDS } from '../harness/driver/firewall.ts';
import { cut, cutBoth, heal, healBoth } from '../harness/fault/cable.ts';
import { startSystem } from '../harness/fault/daemon.ts';
import { stopKeepalived } from '../harness/fault/keepalived.ts';
import { failFirewall, repairFirewall } from '../harness/fault/power.ts';
import { startKeepalived } from '../harness/lab/populate.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const ADVERT_MS = ADVERT_SECONDS * 1000;
/** keepalived's timers and the switch to master, on a machine that is shared. */
const VRRP_TOLERANCE_MS = 150;
const TIMES = 10;
const ASKED_FOR_MS = 1000;
/** The backup waits up to 0.4 s; a firewall that was not master has no connection to know, and the client sends again. */
const SERVED_AGAIN_WITHIN_MS = 1500;
const FLOWS = 20;

/** A client waits twice as long each time that it sends in vain (RFC 6298): it may ask again only after twice the time of an outage. */
const servedAgainWithinMs = ({ lab }: Scene): number =>
  Math.max(SERVED_AGAIN_WITHIN_MS, 2 * lab.system.deadAfterMs + SERVED_AGAIN_WITHIN_MS / 2);

const everyConnectionLives = (ms: number): Claims => ({
  'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
  'each is served again in time': gapAtMost({ protocol: 'tcp', ms, per: 'flow', atLeast: FLOWS }),
});

function legsOf(scene: Scene, master: LabNode, backup: LabNode): RouterLeg[] {
  return (master.home.plan.vrrp?.routers ?? []).map(({ leg, id, address }) => ({
    id,
    address,
    master: scene.port(master.name, leg),
    backup: scene.port(backup.name, leg),
  }));
}

/**
 * The lab's first master has the higher priority, so that once it is there again it is master again, which the other one hears on
 * every leg: a switch takes up to a second to forward what comes by a port that is up again.
 */
async function leadsAgain(scene: Scene, backup: LabNode): Promise<void> {
  await hearsAdverts(scene, backup.name, backup.home.plan.vrrp?.routers.length ?? 0);
  await firewalls(scene);
}

const timesOf = ({ home }: LabNode): Backup => ({ intervalMs: ADVERT_MS, priority: home.plan.vrrp?.priority ?? 0 });

/** The master resigns on these legs, and the backup waits for no longer than that. */
const resigns = (legs: RouterLeg[], waitMs: number): Claim =>
  resignedInOrder({ legs, withinMs: waitMs + VRRP_TOLERANCE_MS, toleranceMs: VRRP_TOLERANCE_MS });

/** Both may be master for as long as it takes that one has heard the other; and who is silent for three intervals is so no more. */
const neverApart = (legs: RouterLeg[], backup: LabNode): Claim =>
  oneMasterOnEveryLeg({ legs, silenceMs: 3 * ADVERT_MS, withinMs: skewMs(timesOf(backup)) + VRRP_TOLERANCE_MS });

/**
 * One leg of the master is cut, and mended. It resigns on the others; but the backup, which leads on all legs or none, waits for the
 * silence on the one that is cut.
 */
const cutLeg = (name: string): SuiteTest => ({
  proves: [`VRRP-5 the ${name} leg is cut`],
  run: async (scene) => {
    const { master, backup } = await firewalls(scene);
    const legs = legsOf(scene, master, backup);
    const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
    await advertises(scene, master.name, legs.length);
    const mend = scene.defer('the cable', () => heal(scene, master.name, name));
    await scene.act(`cut the ${name} leg`, master.name, () => cut(scene, master.name, name));
    await advertises(scene, backup.name, legs.length, true);
    await answersAgain(scene, flows);
    await flows.stop();
    const untilNs = scene.nowNs();
    await scene.act(`heal the ${name} leg`, master.name, mend);
    await leadsAgain(scene, backup);
    const left = legs.filter((leg) => leg.master.leg !== name);
    return {
      'it resigns on the legs that it has left': between({ untilNs }, resigns(left, masterDownMs(timesOf(backup)))),
      'one firewall is master on every leg, before, meanwhile and after': neverApart(legs, backup),
      ...everyConnectionLives(SERVED_AGAIN_WITHIN_MS),
    };
  },
});

export default await suite(
  import.meta,
  'the firewall pair: is the lab itself sound, and does the cluster live through its takeover',
  { topologies: ['invention'], servers: 2, seconds: 18 },
  {
    'advertisements are as RFC 9568 says, and the backup is silent': {
      proves: ['VRRP-1', 'VRRP-2'],
      run: async (scene) => {
        const { master, backup } = await firewalls(scene);
        const legs = legsOf(scene, master, backup);
        const { vrrp } = scene.lab.plan.addresses;
        const { access = '' } = vrrp;
        await askThroughout(scene, access, [{ node: 'nlb1', leg: 'access' }], ASKED_FOR_MS);
        const accessLeg = legs.find((leg) => leg.address === access);
        if (!accessLeg) throw new Error('the firewalls have no virtual router on the access subnet');
        await advertises(scene, master.name, legs.length);
        return {
          'to 224.0.0.18, TTL 255, version 3': advertsWellFormed({ lans: legs.map((leg) => leg.master.lan) }),
          'the backup does not answer for the VRRP address': backupDoesNotAnswer({
            address: access,
            master: accessLeg.master,
            backup: accessLeg.backup,
            mac: virtualMac(accessLeg.id),
            forMs: ASKED_FOR_MS,
            atLeast: TIMES,
            withinMs: 50,
          }),
        };
      },
    },
    'a firewall dies: the backup takes over when it is due, and every connection lives': {
      proves: ['VRRP-3', 'HA-7 a firewall alone'],
      run: async (scene) => {
        const { master, backup } = await firewalls(scene);
        const legs = legsOf(scene, master, backup);
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
        await advertises(scene, master.name, legs.length);
        await scene.act('firewall power loss', master.name, () => failFirewall(scene, master));
        await advertises(scene, backup.name, legs.length);
        await answersAgain(scene, flows);
        await flows.stop();
        const untilNs = scene.nowNs();
        await scene.act('firewall repaired', master.name, () => repairFirewall(scene, master));
        await leadsAgain(scene, backup);
        return {
          'after three intervals and the skew it advertises, and announces each address': between(
            { untilNs },
            backupTookOver({ legs, ...timesOf(backup), toleranceMs: VRRP_TOLERANCE_MS }),
          ),
          ...everyConnectionLives(SERVED_AGAIN_WITHIN_MS),
        };
      },
    },
    'a firewall is stopped in order: it resigns, and the backup waits for the skew time alone': {
      proves: ['VRRP-4'],
      run: async (scene) => {
        const { master, backup } = await firewalls(scene);
        const legs = legsOf(scene, master, backup);
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
        await advertises(scene, master.name, legs.length);
        await scene.act('SIGTERM', master.name, () => stopKeepalived(master));
        await advertises(scene, backup.name, legs.length, true);
        await answersAgain(scene, flows);
        await flows.stop();
        const untilNs = scene.nowNs();
        await scene.act('started again', master.name, () => startKeepalived(master, scene.lab.folder));
        await leadsAgain(scene, backup);
        return {
          'by priority 0 on every leg': between({ untilNs }, resigns(legs, skewMs(timesOf(backup)))),
          'and never is one master here and the other there': neverApart(legs, backup),
          ...everyConnectionLives(SERVED_AGAIN_WITHIN_MS),
        };
      },
    },
    'the master loses its leg to the internet': cutLeg('wan'),
    'the master loses its leg to the load balancers': cutLeg('access'),
    'the master loses its leg to the servers': cutLeg('server'),
    'a firewall and the active die together': {
      proves: ['HA-7 together with the active', 'HA-1 power loss'],
      drops: [SENT_TO_FENCED_NODE, ...DEAD_CABLE],
      run: async (scene) => {
        const { master, backup } = await firewalls(scene);
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
        const what = 'firewall and active lose power';
        await scene.lab.beforeStop?.(active);
        const struckNs = scene.nowNs();
        await scene.act(what, active.name, async () => {
          await Promise.all([failFirewall(scene, master), active.freeze(), cutBoth(scene, active.name)]);
        });
        await enters(scene, standby.name, 'active', struckNs);
        await answersAgain(scene, flows);
        await flows.stop();
        await scene.act('both repaired', active.name, async () => {
          await Promise.all([repairFirewall(scene, master), active.killAll()]);
          await healBoth(scene, active.name);
          startSystem(scene, active);
        });
        await leadsAgain(scene, backup);
        await scene.lab.pair(10_000);
        return {
          'the standby takes over': peerTookOver(scene, {
            from: active.name,
            to: standby.name,
            what,
            withinMs: servedAgainWithinMs(scene),
          }),
          ...everyConnectionLives(servedAgainWithinMs(scene)),
        };
      },
    },
  },
);
