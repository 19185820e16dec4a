import { summarise } from '../summary.ts';
import { aboveFloor, arrivedAt, packetsPerSecond, thousands } from './bound.ts';
import type { CostSample, Missing, Rate } from './measured.ts';

/** Figures as lines of tables. */
const NAME_WIDTH = 16;
const FIGURE_WIDTH = 12;
const figures = (values: (string | number)[]): string =>
  values.map((value) => String(value).padStart(FIGURE_WIDTH)).join('');

const LABELS: Record<CostSample['workload'], string> = {
  established: 'one flow',
  'round-robin': '20,000 flows',
  new: 'new flows',
  'first ACK': 'first ACKs',
  short: '5 packets each',
  flood: 'SYN flood',
};

/** `least` and `cost` are above the floor: of the least forwarder, and of the data path. */
export const COST_HEADING: string =
  'ns a packet'.padEnd(NAME_WIDTH) +
  figures(['servers', 'services', 'connections', 'floor', 'least', 'cost', '× least']);

export function costRow(sample: CostSample): string {
  const { workload, servers, services, connections, floorNs } = sample;
  const { least, cost } = aboveFloor(sample);
  const ns = [floorNs, least, cost].map((figure) => figure.toFixed(0));
  return (
    LABELS[workload].padEnd(NAME_WIDTH) + figures([servers, services, connections, ...ns, (cost / least).toFixed(2)])
  );
}

export const RATE_HEADING: string =
  'thousand a second'.padEnd(NAME_WIDTH + 2) +
  figures(['trials', 'min', 'median', 'max', 'lost', '× nftables']).slice(2);

/** A row for each forwarding path through the load balancer, in the order of their first trials. */
export function rateRows(rates: readonly Rate[], missing: readonly Missing[]): string[] {
  const forwardingPaths = Map.groupBy(rates, ({ forwardingPath }) => forwardingPath);
  const median = (of: readonly Rate[]): number => summarise(of.map(packetsPerSecond)).median;
  const against = forwardingPaths.get('nftables');
  return [
    ...[...forwardingPaths].map(([forwardingPath, trials]) => {
      const { min, median: middle, max } = summarise(trials.map(packetsPerSecond));
      const lost = trials.reduce((sum, rate) => sum + rate.sent - arrivedAt(rate), 0);
      const ratio = against ? (middle / median(against)).toFixed(2) : '-';
      return (
        forwardingPath.padEnd(NAME_WIDTH) + figures([trials.length, ...[min, middle, max].map(thousands), lost, ratio])
      );
    }),
    ...missing.map(({ forwardingPath, missing: why }) => `${forwardingPath.padEnd(NAME_WIDTH)}  not measured: ${why}`),
  ];
}
