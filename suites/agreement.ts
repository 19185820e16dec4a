import { followEventLog } from '../harness/act/event-log.ts';
import type { Scene } from '../harness/act/scene.ts';
import type { SuiteTest } from '../harness/act/suite-test.ts';
import { answersAgain } from '../harness/act/waits.ts';
import { nothingMoved } from '../harness/check/calm.ts';
import { differenceLogged } from '../harness/check/difference.ts';
import { noneLost } from '../harness/check/probes.ts';
import { suite } from '../harness/runner/suite.ts';
import type { PairOptions } from '../harness/system/system.ts';

const PROBES_PER_SECOND = 200;

interface Skew {
  /** What the standby's file says, and the active's does not. */
  change: PairOptions;
  /** Sections that the two then differ in, as the operator wrote them. */
  sections: readonly string[];
}

/** The standby is configured otherwise, and then as before; both nodes say so by name, and nobody does anything about it. */
const isNamed = ({ change, sections }: Skew): SuiteTest => ({
  proves: sections.map((section) => `HA-20 ${section}`),
  run: async (scene) => {
    const { active, standby } = await scene.lab.pair();
    await scene.census();
    const nodes = [active, standby];
    const load = await scene.client.startUdpProbes({ target: scene.target('echo-udp'), perSecond: PROBES_PER_SECOND });
    await answersAgain(scene, load);
    const logs = nodes.map((node) => followEventLog(scene, node, readingOf(sections)));
    const skewed = await reload(scene, standby.name, 'skew', change);
    await Promise.all(
      logs.map((log) => log.shows(`that ${sections.join()} differ`, differs(sections), { sinceNs: skewed })),
    );
    const mended = await reload(scene, standby.name, 'mend', {});
    await Promise.all(logs.map((log) => log.shows('that nothing differs', differs([]), { sinceNs: mended })));
    await Promise.all(logs.map((log) => log.stop()));
    await answersAgain(scene, load);
    await load.stop();
    const logged = nodes.map(({ name }) => [
      `${name} names what differs, and says when that is over`,
      differenceLogged({
        node: name,
        reading: readingOf(sections),
        sections,
        skew: { what: 'skew' },
        mend: { what: 'mend' },
      }),
    ]);
    return {
      ...Object.fromEntries(logged),
      'nothing moves': nothingMoved({ address: scene.nlbs, nodes: nodes.map(({ name }) => name) }),
      'nothing is lost': noneLost({ protocol: 'udp', atLeast: PROBES_PER_SECOND / 5 }),
    };
  },
});

const readingOf = (sections: readonly string[]): string => `differing in ${sections.join()}`;

/** @returns when it began */
async function reload(scene: Scene, node: string, what: string, change: PairOptions): Promise<number> {
  const atNs = scene.nowNs();
  await scene.act(what, node, () => scene.lab.reload(scene.lab.node(node), change));
  return atNs;
}

/** A follower is told of earlier events, too. */
const differs = (sections: readonly string[]) => (line: Record<string, unknown>) =>
  line.event === 'configuration' && JSON.stringify(line.differs) === JSON.stringify(sections);

export default await suite(
  import.meta,
  'what the two nodes are configured differently in is named',
  { topologies: ['invention'], servers: 2, seconds: 6, needs: ['reload', 'eventLog', 'weights', 'failback'] },
  {
    'a server has another weight': isNamed({ change: { weights: { server1: 3 } }, sections: ['servers'] }),
    'the recovery is another, and a service is missing': {
      ...isNamed({
        change: { recovery: 'automatic', services: ['http', 'echo-udp'] },
        sections: ['services', 'recovery'],
      }),
    },
  },
);
