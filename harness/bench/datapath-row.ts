import { aboveFloor, arrivedAt, type Judgement, packetsPerSecond, thousands } from './datapath-bound.ts';
import type { Cell, Missing, Rate } from './datapath-measured.ts';
import { summarise } from './summary.ts';

/** Figures as lines of tables. */
const NAME_WIDTH = 16;
const FIGURE_WIDTH = 12;
const figures = (values: (string | number)[]): string =>
  values.map((value) => String(value).padStart(FIGURE_WIDTH)).join('');

const SITUATIONS: Record<Cell['situation'], string> = {
  established: 'one flow',
  'in turn': '20,000 flows',
  new: 'new flows',
  'first ACK': 'first ACKs',
  short: '5 packets each',
  flood: 'SYN flood',
};

/** `least` and `cost` are above the floor: of the least forwarder, and of the data path. */
export const COST_HEADING: string =
  'ns a packet'.padEnd(NAME_WIDTH) +
  figures(['servers', 'services', 'connections', 'floor', 'least', 'cost', '× least']);

export function costRow(cell: Cell): string {
  const { situation, servers, services, connections, floorNs } = cell;
  const { least, cost } = aboveFloor(cell);
  const ns = [floorNs, least, cost].map((figure) => figure.toFixed(0));
  return (
    SITUATIONS[situation].padEnd(NAME_WIDTH) +
    figures([servers, services, connections, ...ns, (cost / least).toFixed(2)])
  );
}

export const RATE_HEADING: string =
  'thousand a second'.padEnd(NAME_WIDTH + 2) +
  figures(['trials', 'min', 'median', 'max', 'lost', '× nftables']).slice(2);

/** A row for each way through the load balancer, in the order of their first trials. */
export function rateRows(rates: readonly Rate[], missing: readonly Missing[]): string[] {
  const ways = Map.groupBy(rates, ({ way }) => way);
  const median = (of: readonly Rate[]): number => summarise(of.map(packetsPerSecond)).median;
  const against = ways.get('nftables');
  return [
    ...[...ways].map(([way, trials]) => {
      const { min, median: middle, max } = summarise(trials.map(packetsPerSecond));
      const lost = trials.reduce((sum, rate) => sum + rate.sent - arrivedAt(rate), 0);
      const ratio = against ? (middle / median(against)).toFixed(2) : '-';
      return way.padEnd(NAME_WIDTH) + figures([trials.length, ...[min, middle, max].map(thousands), lost, ratio]);
    }),
    ...missing.map(({ way, missing: why }) => `${way.padEnd(NAME_WIDTH)}  not measured: ${why}`),
  ];
}

export function judgementRow({ words, verdict, figure, detail }: Judgement): string {
  return `${verdict}: ${words}: ${figure === undefined ? '' : `${figure.toFixed(2)}, `}${detail}`;
}
