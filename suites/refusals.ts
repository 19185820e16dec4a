import { firewalls } from '../harness/act/everyday.ts';
import type { Scene } from '../harness/act/scene.ts';
import { advertises, answersAgain, atRest } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { gapAtMost } from '../harness/check/probes.ts';
import { between } from '../harness/check/span.ts';
import { targetReached } from '../harness/check/target-reached.ts';
import { DEFAULT_ADVERT_SECONDS } from '../harness/driver/firewall.ts';
import { startSystem, stopSystem } from '../harness/fault/daemon.ts';
import { failFirewall, repairFirewall } from '../harness/fault/power.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 100;
/** Three intervals of a second, and a skew of 0.61 s; then the announcement, and the wait for a probe, on a machine that is shared. */
const FIREWALLS_TAKE_MS = 3610 + 390;

/** Both firewalls as keepalived is when it is told nothing; the one of the higher priority is master again. */
async function paceOfKeepalived(scene: Scene): Promise<void> {
  for (const firewall of scene.lab.nodes('firewall')) await repairFirewall(scene, firewall, DEFAULT_ADVERT_SECONDS);
}

async function repaired(scene: Scene): Promise<void> {
  for (const firewall of scene.lab.nodes('firewall')) await repairFirewall(scene, firewall);
}

export default await suite(
  import.meta,
  'a load balancer whose peer is stopped costs no more than the firewalls do, which take seconds',
  { topologies: ['invention'], servers: 2, seconds: 25, thorough: true, pair: { reach: ['access'] } },
  {
    'the peer’s daemon is stopped, and then a firewall dies: the one that is left stays where it is': {
      proves: ['HA-2 not where the peer is gone', 'HA-7 while the peer is stopped'],
      run: async (scene) => {
        await scene.act('the pace of keepalived', undefined, () => paceOfKeepalived(scene));
        const { active, standby } = await atRest(scene, 20_000);
        const { master, backup } = await firewalls(scene);
        const legs = backup.home.plan.vrrp?.routers.length ?? 0;
        await scene.census();
        const probes = await scene.client.startUdpProbes({
          target: scene.target('echo-udp'),
          perSecond: PROBES_PER_SECOND,
          timeoutMs: 500,
        });
        await answersAgain(scene, probes, PROBES_PER_SECOND);
        await scene.act('stop the peer', standby.name, () => stopSystem(scene, standby));
        // By then its host has said six times in a row that nobody listens, and says so once a second.
        await answersAgain(scene, probes, PROBES_PER_SECOND);
        const fromNs = scene.nowNs();
        await scene.act('firewall power loss', master.name, () => failFirewall(scene, master));
        const cutOff = { fromNs: scene.nowNs(), untilNs: fromNs + (FIREWALLS_TAKE_MS / 2) * 1e6 };
        await advertises(scene, backup.name, legs);
        await answersAgain(scene, probes);
        const untilNs = scene.nowNs();
        await probes.stop();
        await scene.act('repair', undefined, () => repaired(scene));
        await firewalls(scene);
        startSystem(scene, standby);
        await scene.lab.pair(10_000);
        const target = scene.lab.plan.addresses.vrrp.access ?? '';
        return {
          'it meets no reach target meanwhile': between(
            cutOff,
            targetReached({ asker: scene.port(active.name, 'access'), target, atLeast: 5, reached: false }),
          ),
          'it moves nowhere': between({ fromNs, untilNs }, nothingMoved({ address: scene.nlbs, nodes: [active.name] })),
          'what clients notice is the firewalls’ doing': gapAtMost({
            protocol: 'udp',
            ms: FIREWALLS_TAKE_MS,
            per: 'all',
            atLeast: PROBES_PER_SECOND,
          }),
        };
      },
    },
  },
);
