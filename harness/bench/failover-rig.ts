import type { Port } from '../check/seen.ts';
import { until } from '../clock/until.ts';
import type { HistoryEvent } from '../history/event.ts';
import { openClient } from '../lab/client.ts';
import { Journals } from '../lab/journal.ts';
import { bringUp, type Lab, SYSTEMS } from '../lab/lab.ts';
import { awaitRest } from '../lab/ready.ts';
import type { LabNode } from '../node/node.ts';
import { loadPlan } from '../topology/load.ts';
import type { Client, Load } from '../traffic/client-handle.ts';
import { openTrialHistory, type TrialHistory } from './failover-history.ts';
import { type PortWatch, watchPorts } from './failover-ports.ts';

/** A serving lab at the pair's default pace, with a client, and eyes on the ports that trials are judged by. */
export interface Rig {
  lab: Lab;
  client: Client;
  history: TrialHistory;
  ports: PortWatch;
  port(node: string, leg: string): Port;
  /** What was seen since the history was last cut, as far as that needs no waiting. */
  events(): HistoryEvent[];
  close(): Promise<void>;
}

/** @param prepare called when the nodes are there and nothing runs on them yet */
export async function openRig(prepare: (lab: Lab) => void): Promise<Rig> {
  const history = openTrialHistory();
  const { nlb } = SYSTEMS;
  if (!nlb) throw new Error('the system nlb is gone');
  const onNetwork = async (made: Lab): Promise<void> => prepare(made);
  const lab = await bringUp({ plan: loadPlan('invention'), system: nlb, pace: 'default', onNetwork });
  try {
    return await furnish(lab, history);
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function furnish(lab: Lab, history: TrialHistory): Promise<Rig> {
  const client = await openClient(lab, history);
  await awaitRest(lab, client);
  const journals = new Journals(lab, history);
  const ports = watchPorts(lab, watchedPorts(lab), history);
  return {
    lab,
    client,
    history,
    ports,
    port: (node, leg) => portOf(lab, node, leg),
    events: () => {
      journals.collect();
      return history.events();
    },
    close: async () => {
      client.close();
      ports.close();
      await lab.down();
      history.close();
    },
  };
}

/** Where the client's datagrams and the load balancers' words and packets go by. */
function watchedPorts(lab: Lab): Port[] {
  const nodes = [...lab.nodes('client').slice(0, 1), ...lab.nodes('nlb')];
  return nodes.flatMap(({ name, home }) => home.plan.legs.map((leg) => portOf(lab, name, leg.name)));
}

function portOf(lab: Lab, node: string, leg: string): Port {
  const segment = lab.node(node).home.plan.legs.find(({ name }) => name === leg)?.segment;
  const lan = lab.plan.segments.find(({ name }) => name === segment)?.lan;
  if (lan === undefined) throw new Error(`${node} has no leg ${leg}`);
  return { lan, node, leg };
}

/** Datagrams of the load that are sent from now on are answered, so many of them. */
export async function answersAgain({ history }: Rig, load: Load, atLeast: number, withinMs = 10_000): Promise<void> {
  const sinceNs = history.nowNs();
  const answered = () => load.probes.filter(({ atNs, outcome }) => atNs >= sinceNs && outcome === 'answered').length;
  await until(() => answered() >= atLeast, { what: `${atLeast} probes are answered again`, withinMs, everyMs: 20 });
}

/** The daemon on the node, by its process id, has ended. */
export async function ended({ lab }: Rig, node: LabNode): Promise<void> {
  const pid = lab.daemons.get(node.name);
  const gone = () => pid === undefined || !node.processes().includes(pid);
  await until(gone, { what: `the daemon on ${node.name} has ended`, withinMs: 10_000 });
}
