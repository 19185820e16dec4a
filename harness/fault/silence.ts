import type { Lab } from '../lab/lab.ts';
import type { LabView } from '../lab/view.ts';
import { dropOnLan } from './drop-on-lan.ts';

/** The port of UDP that heartbeats are sent to, for who forges them, or knows them by it. */
export const heartbeatPort = ({ lab }: LabView): number => lab.use('signedHeartbeats').port;

/** The LANs by which the two load balancers hear each other. */
export function heartbeatLans(lab: Lab): string[] {
  const { legs } = lab.use('heartbeats');
  const own = lab.nodes('nlb').flatMap(({ home }) => home.plan.legs.filter(({ name }) => legs.includes(name)));
  const segments = own.map(({ segment }) => segment);
  return [...new Set(lab.plan.segments.filter(({ name }) => segments.includes(name)).map(({ lan }) => lan))];
}

/** From now on nothing that keeps the standby in step crosses the LAN. @returns what lets it through again */
export const dropSync = (view: LabView, lan: string): Promise<() => Promise<number>> =>
  dropOnLan(view, lan, [view.lab.use('inStep').match]);

/** From now on so many of a thousand datagrams that keep the standby in step are lost on the LAN, at random. @returns what ends it */
export const loseSync = (view: LabView, lan: string, perMille: number): Promise<() => Promise<number>> =>
  dropOnLan(view, lan, [`${view.lab.use('inStep').match} numgen random mod 1000 < ${perMille}`]);

/** From now on no heartbeat crosses the LAN. @returns what lets them through again, and gives how many were dropped */
export const dropHeartbeats = (view: LabView, lan: string): Promise<() => Promise<number>> =>
  dropOnLan(view, lan, [view.lab.use('heartbeats').match]);
