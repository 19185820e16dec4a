import { peerTookOver } from '../harness/act/pair-claims.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { SuiteTest } from '../harness/act/suite-test.ts';
import { BEATS_AT_ONCE } from '../harness/act/usual-drops.ts';
import { answersAgain, atRest, runsScript, sends, takesAlias } from '../harness/act/waits.ts';
import { noneCorrupt, noneLost, noReset } from '../harness/check/probes.ts';
import { scriptsRan } from '../harness/check/scripts.ts';
import { between, NS_PER_MS } from '../harness/check/span.ts';
import { cut, heal } from '../harness/fault/cable.ts';
import { signal, startSystem } from '../harness/fault/daemon.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES_PER_SECOND = 500;
const FLOWS = 20;
/** From the operator's command on, whose program takes its time to start where labs share the processors. */
const HANDOVER_WITHIN_MS = 5000;
/** The switch itself takes a few milliseconds; an interruption that matters to anyone would be longer than this. */
const PAUSE_AT_MOST_MS = 50;
/** More than it takes a primary of this lab that may have the lead back to have it: beats are 20 ms apart. */
const BEATS_LONG_ENOUGH = 150;
/** Around the instant of the alias: what happens to a prober before or after says nothing of the switch. */
const BEFORE_SWITCH_MS = 100;
const AFTER_SWITCH_MS = 200;

/** Changes over by request, under load of datagrams and connections, and claims that nothing was lost. */
function losesNothing(what: string, aspect: string, request: (scene: Scene, pair: Pair) => Promise<void>): SuiteTest {
  return {
    proves: [`HA-6 ${aspect}`, 'HA-5 active', 'HA-5 standby'],
    run: async (scene) => {
      const { active, standby } = await scene.lab.pair();
      const target = scene.target('echo-udp');
      const datagrams = await scene.client.startUdpProbes({ target, perSecond: PROBES_PER_SECOND, sourcePorts: 20 });
      const flows = await scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 100 });
      const askedNs = scene.nowNs();
      await scene.act(what, active.name, () => request(scene, { active: active.name, standby: standby.name }));
      await runsScript(scene, standby.name, 'active', askedNs);
      await runsScript(scene, active.name, 'standby', askedNs);
      const { atNs: switchedNs } = await takesAlias(scene, standby.name, askedNs);
      await answersAgain(scene, datagrams, (PROBES_PER_SECOND * AFTER_SWITCH_MS) / 1000 + 50);
      await Promise.all([datagrams.stop(), flows.stop()]);
      await scene.lab.pair();
      return {
        'the standby takes over': peerTookOver(scene, {
          from: active.name,
          to: standby.name,
          what,
          withinMs: HANDOVER_WITHIN_MS,
        }),
        'no datagram is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 5 }),
        'and datagrams were sent all through the switch': between(
          { fromNs: switchedNs - BEFORE_SWITCH_MS * NS_PER_MS, untilNs: switchedNs + AFTER_SWITCH_MS * NS_PER_MS },
          noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 20, pauseAtMostMs: PAUSE_AT_MOST_MS }),
        ),
        'no message of a connection is lost': noneLost({ protocol: 'tcp', atLeast: FLOWS }),
        'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
        'every byte comes back as it was sent': noneCorrupt({ protocol: 'tcp', atLeast: FLOWS }),
        'the old active ran the script of standby, once': scriptsRan({ node: active.name, states: ['standby'] }),
        'the new active ran the script of active, once': scriptsRan({ node: standby.name, states: ['active'] }),
      };
    },
  };
}

interface Pair {
  active: string;
  standby: string;
}

export default await suite(
  import.meta,
  'a switch for maintenance loses nothing',
  { topologies: ['invention'], servers: 2, seconds: 8, needs: ['handover', 'stateScripts'] },
  {
    'the active is asked to stand by': losesNothing('stand by', 'the active asked to stand by', (scene, { active }) =>
      scene.lab.use('handover').standBy(scene.lab.node(active)),
    ),
    'the standby is asked to take over': {
      ...losesNothing('take over', 'the standby asked to take over', (scene, { standby }) =>
        scene.lab.use('handover').takeOver(scene.lab.node(standby)),
      ),
    },
    'each state runs its script once each time that it is entered, in order': {
      proves: ['HA-5 initial', 'HA-5 active', 'HA-5 standby', 'HA-5 inop'],
      drops: [BEATS_AT_ONCE],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const fromNs = scene.nowNs();
        await scene.act('kill -9', standby.name, () => signal(scene, standby, 'SIGKILL'));
        await scene.act('start', standby.name, () => startSystem(scene, standby));
        await runsScript(scene, standby.name, 'standby', fromNs);
        await scene.act('cut the server leg', standby.name, () => cut(scene, standby.name, 'server'));
        await runsScript(scene, standby.name, 'inop', fromNs);
        const healedNs = scene.nowNs();
        await scene.act('heal the server leg', standby.name, () => heal(scene, standby.name, 'server'));
        await runsScript(scene, standby.name, 'standby', healedNs);
        await scene.lab.use('handover').takeOver(standby);
        await runsScript(scene, standby.name, 'active', healedNs);
        await runsScript(scene, active.name, 'standby', healedNs);
        return {
          'on the node that went through all of them': scriptsRan({
            node: standby.name,
            states: ['initial', 'standby', 'inop', 'initial', 'standby', 'active'],
          }),
          'on the one that only stood down': scriptsRan({ node: active.name, states: ['standby'] }),
        };
      },
    },
    'a primary that returns stands by, for its recovery is manual': {
      proves: ['HA-8 manual'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const [primary, other] = active.home.plan.primary ? [active, standby] : [standby, active];
        if (primary !== active) await scene.lab.use('handover').takeOver(primary);
        await atRest(scene);
        const fromNs = scene.nowNs();
        await scene.act('kill -9', primary.name, () => signal(scene, primary, 'SIGKILL'));
        await runsScript(scene, other.name, 'active', fromNs);
        await scene.act('start', primary.name, () => startSystem(scene, primary));
        await runsScript(scene, primary.name, 'standby', fromNs);
        await sends(scene, primary.name, 'access', BEATS_LONG_ENOUGH);
        return {
          'it starts, and goes on standing by': between(
            { fromNs },
            scriptsRan({ node: primary.name, states: ['initial', 'standby'] }),
          ),
          'the other one goes on leading': between({ fromNs }, scriptsRan({ node: other.name, states: ['active'] })),
        };
      },
    },
  },
);
