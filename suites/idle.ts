import { entryOf, packetForCluster } from '../harness/act/inject.ts';
import { firstServer } from '../harness/act/live-flows.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { Claims } from '../harness/act/suite-test.ts';
import { receivedForCluster } from '../harness/act/waits.ts';
import { keptThroughSilence } from '../harness/check/kept-through-silence.ts';
import { noneLost } from '../harness/check/probes.ts';
import { oneServerPerFlow } from '../harness/check/selection.ts';
import { between, type Span } from '../harness/check/span.ts';
import { until } from '../harness/clock/until.ts';
import { suite } from '../harness/runner/suite.ts';
import type { PairOptions } from '../harness/system/system.ts';

/** So many that each of three servers has five of them or more, but for one run in a million. */
const FLOWS = 60;
const AT_ONE_SERVER = 5;
/** A connection that spoke late and then in time again was silent for less. */
const OPENED = FLOWS + 10;
/** Far apart, because a machine that is shared may hold up either. */
const [SILENT_MS, FORGETS_AFTER_MS] = [1500, 4000];
const LONG_SILENT_MS = 30_000;
/** What is said takes its time to be answered, and the answer to be acknowledged. */
const SPEAKS_MS = 500;
const FIRST_PORT = 20_000;

let rounds = 0;

async function reloadBoth(scene: Scene, what: string, change: PairOptions): Promise<void> {
  for (const node of scene.lab.nodes('nlb')) await scene.act(what, node.name, () => scene.lab.reload(node, change));
}

/**
 * Connections and flows of datagrams that say something, then nothing for so long while something is done, and then something.
 * Connections speak one after the other, each again after that time, so that it takes as long until all have spoken once.
 */
async function silentWhile(scene: Scene, silentMs: number, doIt: () => Promise<void>): Promise<Partial<Span>> {
  const { active } = await scene.lab.pair();
  const fromNs = scene.nowNs();
  const firstPort = FIRST_PORT + FLOWS * rounds++;
  const entry = entryOf(scene, active, 'echo-udp');
  const sendDatagrams = (): void => {
    for (let flow = 0; flow < FLOWS; flow++)
      scene.inject(entry.from, 'access', packetForCluster(scene, entry, firstPort + flow));
  };
  const tcp = await scene.client.startTcpFlows({
    target: scene.target('echo'),
    count: OPENED,
    intervalMs: silentMs + SPEAKS_MS,
  });
  const haveSpoken = (sinceNs: number): boolean => {
    const said = tcp.probes.filter(({ atNs }) => atNs > sinceNs);
    return new Set(said.map(({ flow }) => flow)).size >= OPENED;
  };
  await until(() => haveSpoken(fromNs), {
    what: 'each connection was answered',
    withinMs: 2 * silentMs + 10_000,
  });
  sendDatagrams();
  sendDatagrams();
  const silentNs = scene.nowNs();
  await doIt();
  await until(() => haveSpoken(silentNs) && scene.nowNs() > silentNs + silentMs * 1e6, {
    what: `each connection speaks again after ${silentMs} ms`,
    withinMs: 2 * silentMs + 10_000,
  });
  const spokeNs = scene.nowNs();
  sendDatagrams();
  await receivedForCluster(scene, active.name, FLOWS, spokeNs);
  await tcp.stop();
  return { fromNs, untilNs: scene.nowNs() };
}

function claims(scene: Scene, span: Partial<Span>, silent: { silentMs: number; untilMs?: number }): Claims {
  const server = firstServer(scene).name;
  const kept = (service: string) =>
    between(
      span,
      keptThroughSilence({ ...scene.forwardedTo(server, service), ...silent, atLeast: FLOWS, atServer: AT_ONE_SERVER }),
    );
  const words = `a silence of ${silent.silentMs} ms`;
  return {
    [`connections keep their server through ${words}`]: kept('echo'),
    [`flows of datagrams keep theirs through ${words}`]: kept('echo-udp'),
    [`no message is lost by ${words}`]: between(span, noneLost({ protocol: 'tcp', atLeast: 2 * FLOWS })),
    [`one server answers before and after ${words}`]: between(span, oneServerPerFlow({ atLeast: FLOWS })),
  };
}

export default await suite(
  import.meta,
  'who says nothing for a while is not forgotten',
  { topologies: ['invention'], seconds: 80, pair: { forgetsAfterMs: FORGETS_AFTER_MS }, needs: ['reload', 'weights'] },
  {
    'within the times of the configuration the table alone keeps a flow, and beyond them it comes to its server again':
      {
        proves: ['FWD-5 another weight', 'FWD-5 silence within the times', 'FWD-5 silence beyond the times'],
        run: async (scene) => {
          const name = firstServer(scene).name;
          const within = await silentWhile(scene, SILENT_MS, () =>
            reloadBoth(scene, 'take the weight of a server', { weights: { [name]: 0 } }),
          );
          await reloadBoth(scene, 'give it back', {});
          const beyond = await silentWhile(scene, FORGETS_AFTER_MS, async () => {});
          return {
            ...claims(scene, within, { silentMs: SILENT_MS, untilMs: FORGETS_AFTER_MS }),
            ...claims(scene, beyond, { silentMs: FORGETS_AFTER_MS }),
          };
        },
      },
    'half a minute is not long, by the times that it has where nothing is said': {
      thorough: true,
      proves: ['FWD-5 another weight', 'FWD-5 half a minute of silence'],
      run: async (scene) => {
        const name = firstServer(scene).name;
        const defaults = { forgetsAfterMs: 0 };
        await reloadBoth(scene, 'say nothing of times', defaults);
        const span = await silentWhile(scene, LONG_SILENT_MS, () =>
          reloadBoth(scene, 'take the weight of a server', { ...defaults, weights: { [name]: 0 } }),
        );
        await reloadBoth(scene, 'as it was', {});
        return claims(scene, span, { silentMs: LONG_SILENT_MS });
      },
    },
  },
);
