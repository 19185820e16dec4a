import type { HistoryEvent, Watched } from '../../history/event.ts';
import { watched } from '../literal-history.ts';
import type { Port } from '../seen.ts';
import type { Place, Setting } from './invariant.ts';

/** A lab of four nodes for the tests of invariants. */

const place = (node: string, kind: Place['kind'], leg: string, mac: string, address: string): Place => ({
  node,
  kind,
  leg,
  lan: leg,
  mac,
  address,
});

export const CLUSTER = '203.0.113.10';
export const NLBS = '10.77.1.100';
export const MAC = {
  fw1: '02:00:00:00:01:02',
  nlb1: '02:00:00:00:01:11',
  nlb2: '02:00:00:00:01:12',
  nlb1Server: '02:00:00:00:02:11',
  nlb2Server: '02:00:00:00:02:12',
  server1: '02:00:00:00:02:21',
};

export const SETTING: Setting = {
  cluster: [CLUSTER],
  nlbs: NLBS,
  clientSubnets: ['198.51.100.0/24'],
  privateLegs: ['access', 'server'],
  places: [
    place('fw1', 'firewall', 'access', MAC.fw1, '10.77.1.2'),
    place('nlb1', 'nlb', 'access', MAC.nlb1, '10.77.1.11'),
    place('nlb1', 'nlb', 'server', MAC.nlb1Server, '10.77.2.11'),
    place('nlb2', 'nlb', 'access', MAC.nlb2, '10.77.1.12'),
    place('nlb2', 'nlb', 'server', MAC.nlb2Server, '10.77.2.12'),
    place('server1', 'server', 'server', MAC.server1, '10.77.2.21'),
    place('fw1', 'firewall', 'wan', '02:00:00:00:00:02', '100.64.0.2'),
  ],
};

/** The place of a leg in its switch: `at('nlb1', 'access')`. */
export const at = (node: string, leg: string): Port => ({ lan: leg, node, leg });

const LANS = ['access', 'server', 'wan'];
const NODES = ['fw1', 'nlb1', 'nlb2'];

/** All of it was watched, from beginning to end. */
export const SEEN: Watched[] = [
  ...LANS.map((lan) => watched('frames', lan)),
  ...NODES.map((node) => watched('addresses', node)),
];

/** The same, but of one LAN frames were lost. */
export const LOST: HistoryEvent[] = [watched('frames', 'access', 3), ...SEEN.slice(1)];
