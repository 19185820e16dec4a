import { firstServer } from '../harness/act/live-flows.ts';
import { KILL, survives, type Takeover } from '../harness/act/takeover-in-step.ts';
import { keptThroughSilence } from '../harness/check/kept-through-silence.ts';
import { until } from '../harness/clock/until.ts';
import { suite } from '../harness/runner/suite.ts';
import type { Load } from '../harness/traffic/client-handle.ts';

/** Begun under each of three weights, besides those that speak all the time: two thousand in all. */
const SILENT = 640;
/** They speak one after the other, each again after that time; most are silent for longer than `SILENT_FOR_MS` then. */
const [SPEAKS_EVERY_MS, SILENT_FOR_MS] = [60_000, 50_000];
/** Of all, and of those at one of three servers, while some began under weights by which it got nothing. */
const [KEPT, KEPT_AT_ONE] = [1500, 300];

function silentConnections(): Takeover {
  const loads: Load[] = [];
  const allSpeak = (what: string, sinceNs: number): Promise<unknown> =>
    until(
      () =>
        loads.every(({ probes }) => {
          const spoke = probes.filter(({ atNs, outcome }) => atNs >= sinceNs && outcome === 'answered');
          return new Set(spoke.map(({ flow }) => flow)).size >= SILENT;
        }),
      { what, withinMs: 2 * SPEAKS_EVERY_MS, everyMs: 200, isPromise: true },
    );
  return {
    ...KILL,
    aspect: 'killed with two thousand connections that are silent for a minute',
    longSeconds: 180,
    upset: async (scene, _, turn) => {
      const target = scene.target('echo');
      loads.push(await scene.client.startTcpFlows({ target, count: SILENT, intervalMs: SPEAKS_EVERY_MS }));
      if (turn === 2) await allSpeak('each connection is answered', 0);
    },
    meanwhile: async (scene) => {
      await allSpeak('each connection is answered after the takeover', scene.nowNs());
      for (const load of loads) await load.stop();
    },
    claims: (_, scene) => ({
      'each connection keeps its server through its silence': keptThroughSilence({
        ...scene.forwardedTo(firstServer(scene).name, 'echo'),
        silentMs: SILENT_FOR_MS,
        atLeast: KEPT,
        atServer: KEPT_AT_ONE,
      }),
    }),
  };
}

export default await suite(
  import.meta,
  'a takeover that none of very many connections notices',
  {
    topologies: ['invention'],
    seconds: 180,
    alone: true,
    pair: { inStep: true },
    needs: ['reload', 'weights', 'inStep'],
  },
  {
    'two thousand connections, most of which say nothing for a minute, and kill -9': survives(silentConnections()),
  },
);
