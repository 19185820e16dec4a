import type { OutcomeName } from '../program/layout.ts';
import type { SelectedTables, ServerEntry } from '../tables/tables.ts';
import { IP, IP_TCP, TCP, TO_US, UDP } from './frames.ts';
import { tables } from './rig.ts';
import { openSpecification } from './specification-under-test.ts';

/** Support for the specification's tests: scenarios of frames, waits and changes. */

export const [SERVER0, SERVER1] = [0x20, 0x21];

/** A TCP segment of client 198.51.100.CLIENT with those flags, to port 80. */
export function tcp(flags: string, client = 2, port = 0x3039): string {
  const bits = { S: 2, A: 16, F: 1, R: 4, P: 8 } as Record<string, number>;
  const octet = [...flags].reduce((sum, flag) => sum | (bits[flag] ?? 0), 0);
  const [ip, ports] = [IP_TCP.replace('c6336402', `c63364${hex2(client)}`), `${hex2(port >> 8)}${hex2(port & 0xff)}`];
  return `${TO_US} ${ip} ${ports} ${TCP.slice(5).replace('5002', `50${hex2(octet)}`)}`;
}
export const udp = (client = 2): string => `${TO_US} ${IP.replace('c6336402', `c63364${hex2(client)}`)} ${UDP}`;
const hex2 = (octet: number): string => octet.toString(16).padStart(2, '0');

export type ScenarioLine = [
  frame: string | number | ((tables: SelectedTables<Int32Array>) => void),
  outcome?: OutcomeName,
  to?: number,
];

/** Play a scenario: frames with their expected outcomes; milliseconds that pass; changes of the configuration. */
export function playScenario(
  t: { same(found: unknown, wanted: unknown, what: string): unknown },
  lines: ScenarioLine[],
) {
  const specification = openSpecification();
  const wanted = tables();
  for (const [index, [event, outcome, to]] of lines.entries()) {
    if (typeof event === 'number') specification.wait(event);
    else if (typeof event === 'string') {
      const forwarded = specification.receive(event);
      t.same([forwarded.outcome, forwarded.to], [outcome, to], `line ${index + 1}: ${outcome}`);
    } else {
      event(wanted);
      specification.configure(wanted);
    }
  }
  return specification.ledger;
}

export const change = (id: number, changed: Partial<ServerEntry>) => (wanted: SelectedTables<Int32Array>) => {
  wanted.servers = wanted.servers.map((server) => (server.id === id ? { ...server, ...changed } : server));
};
export const reselect = (id: number) => (wanted: SelectedTables<Int32Array>) => {
  for (const service of wanted.services) service.slots = new Int32Array(service.slots.length).fill(id);
};

/** Of each server: packets, connections that were opened, and how many are active. */
export const tallies = (ledger: ReturnType<typeof playScenario>) =>
  [...ledger.servers].map(([id, { packets, opened, active }]) => [id, Number(packets), Number(opened), Number(active)]);
