import { PORTS_AGAIN, requestHttp } from '../harness/act/everyday.ts';
import { firstServer } from '../harness/act/live-flows.ts';
import { runsScript } from '../harness/act/waits.ts';
import { noNewFlowTo } from '../harness/check/new-flows.ts';
import { exceptPortsOf, noneLost } from '../harness/check/probes.ts';
import { after } from '../harness/check/span.ts';
import { tookOver } from '../harness/check/takeover.ts';
import { addInterface } from '../harness/fault/kernel-settings.ts';
import { startServer } from '../harness/lab/populate.ts';
import { suite } from '../harness/runner/suite.ts';

/** Configured on both nodes, and not there. */
const LATE = 'late';
const REQUESTS = 40;
/** Two checks that fail, half a second apart, the last of them after 400 ms. */
const DETECTED_MS = 2000;
/** The bound ends as much later as the machine stood still until then; of what begins after that much more, enough is judged. */
const MARGIN_MS = 700;
/** A node that could serve less makes way after two rounds of checks, of 900 ms each; a handover follows. */
const MADE_WAY_WITHIN_MS = 1800 + 1500;

export default await suite(
  import.meta,
  'an interface that is missing from the start costs itself alone, until it comes',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 13,
    pair: { furtherInterfaces: [LATE] },
    needs: ['healthChecks', 'stateScripts'],
  },
  {
    'verdicts on servers reach the data path all the same': {
      thorough: true,
      proves: ['ALIAS-11 missing at start', 'FWD-6 connections to a dead server'],
      run: async (scene) => {
        await scene.lab.pair();
        const victim = firstServer(scene);
        const killed = { what: 'kill the server', node: victim.name };
        await requestHttp(scene, REQUESTS);
        await scene.act(killed.what, killed.node, () => victim.killAll());
        const struckNs = scene.nowNs();
        while (!scene.isPast(struckNs, DETECTED_MS + MARGIN_MS)) await requestHttp(scene, 5, 5);
        await requestHttp(scene, REQUESTS + PORTS_AGAIN);
        await scene.act('start the server', victim.name, () => startServer(scene.lab.plan, victim));
        return {
          'no later request reaches it': noNewFlowTo({
            ...scene.forwardedTo(victim.name, 'http'),
            after: killed,
            detectedMs: DETECTED_MS,
            atLeast: REQUESTS,
          }),
          'and all of them are answered': exceptPortsOf(
            victim.name,
            after({ ...killed, afterMs: DETECTED_MS + MARGIN_MS }, noneLost({ protocol: 'http', atLeast: REQUESTS })),
          ),
        };
      },
    },
    'the node on which it comes is fit, and given the lead': {
      proves: ['ALIAS-11 missing at start'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        await scene.census();
        const come = { what: 'make the missing interface', node: standby.name };
        const sinceNs = scene.nowNs();
        await scene.act(come.what, come.node, () => addInterface(standby, LATE));
        await runsScript(scene, standby.name, 'active', sinceNs);
        await requestHttp(scene, REQUESTS);
        return {
          'the other makes way': tookOver({
            address: scene.nlbs,
            from: active.name,
            to: scene.port(standby.name, 'access'),
            after: come,
            withinMs: MADE_WAY_WITHIN_MS,
          }),
          'every request is answered': noneLost({ protocol: 'http', atLeast: REQUESTS }),
        };
      },
    },
  },
);
