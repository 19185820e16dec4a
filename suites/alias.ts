import { aliasNeverOn, aliasPlaced, aliasReleased, neverTwoHolders } from '../harness/check/alias.ts';
import { answersWith } from '../harness/check/arp.ts';
import { oneAnswererAtATime } from '../harness/check/one-answerer.ts';
import { firewalls } from '../harness/suite/everyday.ts';
import { cut, heal } from '../harness/suite/faults.ts';
import { askFor } from '../harness/suite/inject.ts';
import type { Scene } from '../harness/suite/scene.ts';
import { suite } from '../harness/suite/suite.ts';
import { becomes, runsScript } from '../harness/suite/waits.ts';

/** From the operator's command on, whose program takes its time to start where labs share the processors. */
const RELEASE_WITHIN_MS = 5000;
/** A node notices a dead interface by the kernel's word, and a lease runs meanwhile. */
const INOP_WITHIN_MS = 1500;
/** The tables of two nodes are read by two processes. */
const TOLERANCE_MS = 1;

const placed = (scene: Scene, node: string) => ({
  address: scene.nlbs,
  node,
  device: 'access',
  label: 'access:nlbs',
});

/** One holder at a time, by the tables and by what is said on the wire. */
const oneAtATime = (scene: Scene) => {
  const nodes = scene.lab.nodes('nlb').map(({ name }) => name);
  return {
    'the two never hold the alias at once': neverTwoHolders({ address: scene.nlbs, nodes, toleranceMs: TOLERANCE_MS }),
    'the two never speak for the address at once': oneAnswererAtATime({
      address: scene.nlbs,
      lans: [scene.lan('access')],
      nodes,
    }),
  };
};

export default await suite(
  import.meta,
  'the NLBS address is an alias on the access interface of the active alone',
  { topologies: ['invention', 'invention-flat'], everywhere: true, thorough: 'elsewhere', seconds: 7 },
  {
    'from its start on, the active holds the alias and the standby does not': {
      proves: ['ALIAS-1', 'ALIAS-2', 'ALIAS-3'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const { master } = await firewalls(scene);
        await scene.census();
        askFor(scene, scene.nlbs, { node: master.name, leg: 'access' }, 5);
        const mac = scene.mac(active.name, 'access');
        return {
          'the alias is on the active’s access interface, labelled': (_, all) =>
            aliasPlaced(placed(scene, active.name))(all ?? []),
          'the standby never held it': (_, all) => aliasNeverOn({ address: scene.nlbs, node: standby.name })(all ?? []),
          'it is answered for with that interface’s hardware address': answersWith({
            address: scene.nlbs,
            port: scene.port(active.name, 'access'),
            mac,
            atLeast: 5,
            withinMs: 50,
          }),
        };
      },
    },
    'a planned handover moves the alias': {
      proves: ['ALIAS-1', 'ALIAS-4'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const handover = { what: 'stand by', node: active.name };
        await scene.act(handover.what, active.name, () => scene.lab.system.standBy(active));
        await becomes(scene, standby.name, 'active');
        await scene.lab.pair();
        return {
          'the old active lets go of it': aliasReleased({
            address: scene.nlbs,
            node: active.name,
            after: handover,
            withinMs: RELEASE_WITHIN_MS,
          }),
          'the new active has it': aliasPlaced({
            ...placed(scene, standby.name),
            after: { ...handover, withinMs: RELEASE_WITHIN_MS },
          }),
          ...oneAtATime(scene),
        };
      },
    },
    'an active that can no longer serve lets go of the alias': {
      proves: ['ALIAS-5'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const fault = { what: 'cut the server leg', node: active.name };
        await scene.act(fault.what, active.name, () => cut(scene, active.name, 'server'));
        await becomes(scene, standby.name, 'active');
        await runsScript(scene, active.name, 'inop');
        await scene.act('heal the server leg', active.name, () => heal(scene, active.name, 'server'));
        await scene.lab.pair();
        return {
          'it lets go': aliasReleased({
            address: scene.nlbs,
            node: active.name,
            after: fault,
            withinMs: INOP_WITHIN_MS,
          }),
          ...oneAtATime(scene),
        };
      },
    },
  },
);
