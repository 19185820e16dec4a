import { type Followed, followEventLog } from '../harness/act/event-log.ts';
import { requestHttp } from '../harness/act/everyday.ts';
import { firstServer } from '../harness/act/live-flows.ts';
import type { Scene } from '../harness/act/scene.ts';
import { answersAgain } from '../harness/act/waits.ts';
import { flowsToldByReset } from '../harness/check/gone.ts';
import { noNewFlowTo } from '../harness/check/new-flows.ts';
import { exceptPortsOf, noneLost, noReset } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { between } from '../harness/check/span.ts';
import { flowsStayAt, otherFlowsKept } from '../harness/check/undisturbed.ts';
import { until } from '../harness/clock/until.ts';
import { cut, heal } from '../harness/fault/cable.ts';
import { stopNewConnections } from '../harness/fault/new-connections.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Load } from '../harness/traffic/client-handle.ts';

/** Long connections. Of a third of them, fewer than 20 are at one of three servers once in a million runs. */
const FLOWS = 150;
const AT_ONE_SERVER = 20;
const REQUESTS = 60;
const REFUSES_FOR_MS = 3000;
/** The client hears of it when it sends again, and TCP waits longer after each time in vain: 6.4 s at the most until then. */
const TOLD_WITHIN_MS = 20_000;

/** From then on every check of the server comes to that verdict, and what is selected for the service follows it. */
async function judges(scene: Scene, log: Followed, server: LabNode, healthy: boolean, fromNs: number): Promise<void> {
  const checked = scene.lab.plan.services.filter(({ protocol }) => protocol === 'tcp');
  const judged = healthy ? 'passes' : 'fails';
  for (const { name, port } of checked) {
    await log.shows(
      `that ${server.name} ${judged} its check of ${name}`,
      (line) => line.event === 'health' && line.healthy === healthy && line.check === `${name} on ${server.name}`,
      { sinceNs: fromNs },
    );
    const subject = `tcp ${scene.cluster}:${port}`;
    await log.shows(
      `that other servers are selected for ${name}`,
      (line) =>
        line.event === 'table' &&
        JSON.stringify(line.change) === JSON.stringify({ table: 'selections', change: 'changed', subject }),
      { sinceNs: fromNs },
    );
  }
}

function openConnections(scene: Scene): Promise<Load> {
  return scene.client.startTcpFlows({ target: scene.target('echo'), count: FLOWS, intervalMs: 500 });
}

/** The flows that a server has answered, and how many of them have come to an end. */
function fatesAt(load: Load, server: string): { flows: number; ended: number } {
  const own = new Set(load.probes.filter((probe) => probe.server === server).map(({ flow }) => flow));
  const ended = new Set(load.probes.filter(({ outcome }) => outcome !== 'answered').map(({ flow }) => flow));
  return { flows: own.size, ended: [...own].filter((flow) => ended.has(flow)).length };
}

export default await suite(
  import.meta,
  'a server that only fails its checks keeps its connections; those of one that is gone are told',
  { topologies: ['invention'], seconds: 18, needs: ['healthChecks'] },
  {
    'a server refuses new connections for a while: those that it has go on, and no new one is sent there': {
      proves: ['FWD-13 only fails its checks', 'FWD-6 a server that refuses'],
      needs: ['eventLog'],
      run: async (scene) => {
        const { active } = await scene.lab.pair();
        const server = firstServer(scene);
        const flows = await openConnections(scene);
        await answersAgain(scene, flows, 2 * FLOWS);
        await requestHttp(scene, REQUESTS);
        const log = followEventLog(scene, active, 'a server refuses');
        const refusing = { what: 'a server refuses new connections', node: server.name };
        const fromNs = scene.nowNs();
        const refuse = () => stopNewConnections(server, 'refused');
        const acceptAgain = scene.defer(refusing.what, await scene.act(refusing.what, server.name, refuse));
        await judges(scene, log, server, false, fromNs);
        const known = { what: 'its checks have failed', node: server.name };
        await scene.act(known.what, server.name, () => requestHttp(scene, REQUESTS));
        const overNs = fromNs + REFUSES_FOR_MS * 1e6;
        await until(async () => (await requestHttp(scene, 4)) && scene.nowNs() > overNs, {
          what: `it has refused for ${REFUSES_FOR_MS} ms`,
          withinMs: 3 * REFUSES_FOR_MS,
          everyMs: 20,
        });
        const untilNs = scene.nowNs();
        await scene.act('it takes new connections again', server.name, acceptAgain);
        await judges(scene, log, server, true, untilNs);
        await log.stop();
        await answersAgain(scene, flows, 2 * FLOWS);
        await flows.stop();
        const [first] = scene.recorder.events().filter((event) => event.kind === 'act' && event.what === known.what);
        const meanwhile = { fromNs: first?.atNs ?? fromNs, untilNs };
        return {
          'no connection is reset': noReset({ protocol: 'tcp', atLeast: FLOWS }),
          'and no message of one is lost': noneLost({ protocol: 'tcp', atLeast: FLOWS }),
          'every connection keeps its server': oneServerPerFlow({ atLeast: FLOWS }),
          'those of that server among them': flowsStayAt({
            server: server.name,
            after: refusing,
            protocol: 'tcp',
            atLeast: AT_ONE_SERVER,
          }),
          'no new flow goes there': between(
            { untilNs },
            noNewFlowTo({
              ...scene.forwardedTo(server.name, 'http'),
              after: known,
              detectedMs: 0,
              atLeast: REQUESTS,
            }),
          ),
          // A new connection with the ports of an earlier one goes where that one was: a FIN may be forged (FWD-5).
          'so that every one is answered': between(
            meanwhile,
            exceptPortsOf(server.name, noneLost({ protocol: 'http', atLeast: REQUESTS })),
          ),
        };
      },
    },
    'a server is unplugged: its connections are sent to others, whose resets tell the clients': {
      proves: ['FWD-13 gone'],
      drops: [
        {
          cause: 'server side',
          why: 'the switch does not know where the server is, and floods what is for it to the standby',
        },
      ],
      run: async (scene) => {
        await scene.lab.pair();
        const server = firstServer(scene);
        const flows = await openConnections(scene);
        await answersAgain(scene, flows, 2 * FLOWS);
        const pulled = { what: 'pull its cable', node: server.name };
        await scene.act(pulled.what, server.name, () => cut(scene, server.name, 'server'));
        const told = () => {
          const { flows: all, ended } = fatesAt(flows, server.name);
          return ended === all;
        };
        await until(told, {
          what: 'its connections have ended',
          withinMs: TOLD_WITHIN_MS,
          everyMs: 20,
          isPromise: true,
        });
        const endedNs = scene.nowNs();
        await answersAgain(scene, flows, FLOWS);
        await flows.stop();
        await scene.act('plug it in again', server.name, () => heal(scene, server.name, 'server'));
        const answersRequests = async () =>
          (await requestHttp(scene, 6)).probes.some((probe) => probe.server === server.name);
        await until(answersRequests, {
          what: `${server.name} answers again`,
          withinMs: 10_000,
          everyMs: 20,
          isPromise: true,
        });
        return {
          'each of its connections is reset': between(
            { untilNs: endedNs },
            flowsToldByReset({ server: server.name, after: pulled, atLeast: AT_ONE_SERVER }),
          ),
          'those of the others go on': otherFlowsKept({
            server: server.name,
            after: pulled,
            protocol: 'tcp',
            atLeast: 2 * AT_ONE_SERVER,
          }),
        };
      },
    },
  },
);
