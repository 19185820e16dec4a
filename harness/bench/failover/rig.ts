import type { Port } from '../../check/seen.ts';
import { until } from '../../clock/until.ts';
import type { DriverName } from '../../driver/registry.ts';
import type { HistoryEvent } from '../../history/event.ts';
import { openClient } from '../../lab/client.ts';
import { Journals } from '../../lab/journal.ts';
import { bringUp, type Lab } from '../../lab/lab.ts';
import { awaitRest } from '../../lab/ready.ts';
import { LabView } from '../../lab/view.ts';
import type { PairOptions, PairSetup, System } from '../../system/system.ts';
import { loadPlan } from '../../topology/load.ts';
import type { ServicePlan } from '../../topology/plan.ts';
import type { Client, Load } from '../../traffic/client-handle.ts';
import { openTrialHistory, type TrialHistory } from './history.ts';
import { type PortWatch, watchPorts } from './ports.ts';

/** A serving lab, at the pair's default pace unless another is asked for, with a client, and eyes on the ports that trials are judged by. */
export interface Rig {
  lab: Lab;
  view: LabView;
  client: Client;
  history: TrialHistory;
  ports: PortWatch;
  /** What lets through again what a fault drops, each giving how many it dropped. */
  repairs: (() => Promise<number>)[];
  /** What was seen since the history was last cut, as far as that needs no waiting. */
  events(): HistoryEvent[];
  close(): Promise<void>;
}

/** What is measured, and what its lab is made of. */
export interface Made {
  system: System;
  driver: DriverName;
  /** What its operator wants; the folder with its commands, where they are another version's. */
  pair?: PairOptions | undefined;
  /** The system's own where nothing is said. */
  pace?: PairSetup['pace'];
}

/** @param prepareLab called when the nodes are there and nothing runs on them yet */
export async function openRig(
  { system, driver, pair = {}, pace = 'default' }: Made,
  prepareLab: (lab: Lab) => void = () => {},
): Promise<Rig> {
  const history = openTrialHistory();
  const onNetwork = async (made: Lab): Promise<void> => prepareLab(made);
  const lab = await bringUp({ plan: loadPlan('invention'), system, driver, pair, pace, onNetwork });
  try {
    return await assembleRig(lab, history);
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function assembleRig(lab: Lab, history: TrialHistory): Promise<Rig> {
  const client = await openClient(lab, history);
  await awaitRest(lab, client);
  const journals = new Journals(lab, history);
  const view = new LabView(lab);
  const ports = watchPorts(lab, watchedPorts(view), history);
  return {
    lab,
    view,
    client,
    history,
    ports,
    repairs: [],
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

/** Where the client's datagrams and the load balancers' label and packets go by. */
function watchedPorts(view: LabView): Port[] {
  const [client] = view.lab.nodes('client');
  return [...view.ports('client').filter(({ node }) => node === client?.name), ...view.ports('nlb')];
}

/** Datagrams of the load that are sent from now on are answered, so many of them. */
export async function answersAgain({ history }: Rig, load: Load, atLeast: number, withinMs = 10_000): Promise<void> {
  const sinceNs = history.nowNs();
  const answered = () => load.probes.filter(({ atNs, outcome }) => atNs >= sinceNs && outcome === 'answered').length;
  await until(() => answered() >= atLeast, { what: `${atLeast} probes are answered again`, withinMs, everyMs: 20 });
}

/** Where a service of that name is reached, as clients write it. */
export const target = (rig: Rig, name: string): string =>
  `${rig.lab.plan.addresses.cluster[0]}:${service(rig, name).port}`;

export function service({ lab }: Rig, name: string): ServicePlan {
  const found = lab.plan.services.find((one) => one.name === name);
  if (!found) throw new Error(`the topology ${lab.plan.topology} has no service ${name}`);
  return found;
}
