import { oneSpeaksAtATime } from '../harness/act/pair-claims.ts';
import { sendToFencedNode } from '../harness/act/send-to-fenced-node.ts';
import { SENT_TO_FENCED_NODE } from '../harness/act/usual-drops.ts';
import { answersAgain } from '../harness/act/waits.ts';
import { asked } from '../harness/check/asking.ts';
import type { Claim } from '../harness/check/claim.ts';
import { paused } from '../harness/check/pause.ts';
import { between } from '../harness/check/span.ts';
import { heartbeatPort } from '../harness/fault/silence.ts';
import { stall } from '../harness/fault/stall.ts';
import { suite } from '../harness/runner/suite.ts';

const STALL_MS = 50;
/** The lease of the default pace is 30 ms, and a silent peer is dead after 40: the sleeper wakes beside its successor. */
const TIMES = 5;
const ASK_EVERY_MS = 2;

export default await suite(
  import.meta,
  'at its default pace, too, a load balancer that was held up wakes fenced',
  {
    topologies: ['invention'],
    servers: 2,
    seconds: 6,
    thorough: true,
    pace: 'default',
    needs: ['lease', 'signedHeartbeats'],
  },
  {
    'SIGSTOP for 50 ms, past the lease, again and again: one speaks for the address at a time': {
      proves: ['HA-10 stopped', 'ALIAS-8 stopped'],
      drops: [SENT_TO_FENCED_NODE],
      run: async (scene) => {
        await scene.census();
        const nodes = scene.lab.nodes('nlb').map(({ name }) => name);
        const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: 100 });
        const leaveAlone = nodes.map((node) => sendToFencedNode(scene, node, nodes.length * ASK_EVERY_MS));
        const ports = nodes.map((node) => scene.port(node, 'access'));
        const bit: Record<string, Claim> = {};
        for (let time = 1; time <= TIMES; time++) {
          const { active } = await scene.lab.pair(10_000);
          const fromNs = scene.nowNs();
          await scene.act('SIGSTOP', active.name, () => stall(scene.lab, active, 'stop', STALL_MS));
          const wokenNs = scene.nowNs();
          await answersAgain(scene, load);
          const untilNs = scene.nowNs();
          const sleeper = {
            node: active.name,
            port: heartbeatPort(scene),
            atLeastMs: STALL_MS,
            lessThanMs: 10 * STALL_MS,
          };
          bit[`${time}: ${active.name} was held up`] = between({ fromNs, untilNs }, paused(sleeper));
          bit[`${time}: and asked when it had woken`] = between(
            { fromNs: wokenNs, untilNs },
            asked({ address: scene.nlbs, ports, atLeast: 10 }),
          );
        }
        await scene.lab.pair(10_000);
        for (const end of leaveAlone) end();
        await load.stop();
        return {
          ...bit,
          'one speaks for the address at a time': oneSpeaksAtATime(scene, nodes),
        };
      },
    },
  },
);
