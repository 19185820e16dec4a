import { firewalls, virtualMac } from '../harness/act/everyday.ts';
import { askThroughout } from '../harness/act/inject.ts';
import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { advertises, answersAgain, enters } from '../harness/act/waits.ts';
import { gapAtMost, noReset } from '../harness/check/probes.ts';
import { between } from '../harness/check/span.ts';
import { advertsWellFormed, backupDoesNotAnswer, backupTookOver, type RouterLeg } from '../harness/check/vrrp.ts';
import { ADVERT_SECONDS } from '../harness/driver/firewall.ts';
import { cutBoth, healBoth } from '../harness/fault/cable.ts';
import { startSystem } from '../harness/fault/daemon.ts';
import { failFirewall, repairFirewall } from '../harness/fault/power.ts';
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

/** The lab's first master has the higher priority, so that once repaired it is master again: that is waited for. */
async function repair(scene: Scene, firewall: LabNode): Promise<void> {
  await repairFirewall(scene, firewall);
  await advertises(scene, firewall.name, firewall.home.plan.vrrp?.routers.length ?? 0);
}

export default await suite(
  import.meta,
  'the firewall pair: is the lab itself sound, and does the cluster live through its takeover',
  { topologies: ['invention'], servers: 2, seconds: 10 },
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
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 20 });
        await advertises(scene, master.name, legs.length);
        await scene.act('firewall power loss', master.name, () => failFirewall(scene, master));
        await advertises(scene, backup.name, legs.length);
        await answersAgain(scene, flows);
        await flows.stop();
        const untilNs = scene.nowNs();
        await scene.act('firewall repaired', master.name, () => repair(scene, master));
        await firewalls(scene);
        return {
          'after three intervals and the skew it advertises, and announces each address': between(
            { untilNs },
            backupTookOver({
              legs,
              intervalMs: ADVERT_MS,
              priority: backup.home.plan.vrrp?.priority ?? 0,
              toleranceMs: VRRP_TOLERANCE_MS,
            }),
          ),
          ...everyConnectionLives(SERVED_AGAIN_WITHIN_MS),
        };
      },
    },
    'a firewall and the active die together': {
      proves: ['HA-7 together with the active', 'HA-1 power loss'],
      run: async (scene) => {
        const { master } = await firewalls(scene);
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 20 });
        const what = 'firewall and active lose power';
        const struckNs = scene.nowNs();
        await scene.act(what, active.name, async () => {
          await Promise.all([failFirewall(scene, master), active.freeze(), cutBoth(scene, active.name)]);
        });
        await enters(scene, standby.name, 'active', struckNs);
        await answersAgain(scene, flows);
        await flows.stop();
        await scene.act('both repaired', active.name, async () => {
          await Promise.all([repair(scene, master), active.killAll()]);
          await healBoth(scene, active.name);
          startSystem(scene, active);
        });
        await firewalls(scene);
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
