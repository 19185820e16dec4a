import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { parseIpv4 } from '../config/address.ts';
import { type Config, portNumber } from '../config/schema.ts';
import type { Datapath } from '../datapath/datapath.ts';
import type { Address } from '../datapath/specification/address.ts';
import { type Flow, PROTOCOL } from '../datapath/specification/flow.ts';
import { protocolOf } from '../datapath/specification/lookup.ts';
import { trace } from '../datapath/specification/trace.ts';
import type { Tally } from '../datapath/tables/counters.ts';
import type { KnownConnection } from '../datapath/tables/entries.ts';
import type { ServerEntry } from '../datapath/tables/tables.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { flowTablesShown } from './flow-tables.ts';
import { type Names, namesIn } from './names.ts';
import type { Parameters } from './socket.ts';
import { unsentShown } from './unsent.ts';

/** What operators may look at in the data path. */
export type Inspection = ReturnType<typeof openInspection>;

export interface InspectionParts {
  config(): Config;
  datapath: Datapath;
  /** Servers as the data path has them. */
  servers(): readonly ServerEntry[];
}

/** Everything throws an Error that says which parameter is wrong. */
export function openInspection({ config, datapath, servers }: InspectionParts) {
  const names = (): Names => namesIn(config(), servers());
  return {
    counters: () => countersShown(datapath, servers(), names()),
    connections: (parameters: Parameters) => {
      const wanted = understood(CONNECTIONS, parameters);
      if (wanted.server !== undefined) insistOn('server', wanted.server, config().servers);
      return connectionsShown(datapath, wanted, names());
    },
    trace: (parameters: Parameters) => {
      const wanted = understood(TRACE, parameters);
      if (wanted.service !== undefined) insistOn('service', wanted.service, config().services);
      return tracesShown(datapath, flowsOf(wanted, config().services), names());
    },
  };
}

const address = z.string().transform((text, context): Address => {
  const parsed = parseIpv4(text);
  if (parsed !== undefined) return text as Address;
  context.addIssue({ code: 'custom', message: `"${text}" is not an IPv4 address` });
  return z.NEVER;
});

const CONNECTIONS = z.object({
  client: address.optional(),
  server: z.string().optional(),
  limit: z.int().min(1).default(1000),
});
const TRACE = z.object({ client: address, port: z.int().min(1).max(65_535), service: z.string().optional() });

function understood<Shape extends z.ZodType>(shape: Shape, parameters: Parameters): z.output<Shape> {
  const { success, data, error } = shape.safeParse(parameters);
  if (success) return data;
  throw new Error(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

function insistOn(what: string, wanted: string, named: readonly { name: string }[]): void {
  if (named.some(({ name }) => name === wanted)) return;
  throw new Error(`there is no ${what} "${wanted}"; there are ${named.map(({ name }) => name).join(', ')}`);
}

const numbers = ({ packets, bytes, opened, active }: Tally) => ({
  packets: Number(packets),
  bytes: Number(bytes),
  opened: Number(opened),
  active: Number(active),
});

/** Since the tables were made. `opened`: connections whose first packet was sent there; `active`: those that are in use. */
function countersShown(datapath: Datapath, rows: readonly ServerEntry[], names: Names) {
  const tallies = datapath.tallies();
  const outcomes = Object.entries(datapath.outcomes());
  return {
    outcomes: outcomes.map(([name, c]) => ({ name, packets: Number(c.packets), bytes: Number(c.bytes) })),
    unsent: unsentShown(datapath),
    services: [...tallies.services].map(([name, tally]) => ({ name: names.service(name), ...numbers(tally) })),
    servers: rows.flatMap((row) => {
      const tally = tallies.servers.get(row.id);
      return tally ? [{ name: names.server(row), ...numbers(tally) }] : [];
    }),
    tables: flowTablesShown(datapath),
  };
}

export type CountersShown = ReturnType<typeof countersShown>;

/** In no order. At the end: whether there are more than were asked for. */
async function* connectionsShown(datapath: Datapath, wanted: z.output<typeof CONNECTIONS>, names: Names) {
  let shown = 0;
  for (const chunk of datapath.connections()) {
    const nowNs = monotonicNs();
    for (const known of chunk) {
      const row = connectionShown(known, names, nowNs);
      if (wanted.client !== undefined && known.flow.source !== wanted.client) continue;
      if (wanted.server !== undefined && row.server !== wanted.server) continue;
      if (shown === wanted.limit) return { more: true };
      shown++;
      yield row;
    }
    // Checks and tables are not to wait for a long list.
    await setImmediate();
  }
  return { more: false };
}

function connectionShown({ flow, connection }: KnownConnection, names: Names, nowNs: bigint) {
  return {
    protocol: protocolOf(flow),
    /** Both ends as the client sees them. */
    client: `${flow.source}:${flow.sourcePort}`,
    to: `${flow.destination}:${flow.destinationPort}`,
    service: names.service(connection.service),
    server: names.server({ id: connection.server, address: connection.serverAddress }),
    state: connection.state,
    /** Since its last packet. */
    silentMs: Math.max(0, Number((nowNs - connection.seenNs) / 1_000_000n)),
  };
}

export type ConnectionShown = ReturnType<typeof connectionShown>;

/** To each service, or to the one that is asked for. */
function flowsOf({ client, port, service }: z.output<typeof TRACE>, services: Config['services']): Flow[] {
  return services
    .filter(({ name }) => service === undefined || name === service)
    .map((wanted) => ({
      protocol: PROTOCOL[wanted.protocol],
      source: client,
      destination: wanted.address as string as Address,
      sourcePort: port,
      // Of a service of any port, one that is as good as any.
      destinationPort: portNumber(wanted) || 1,
    }));
}

async function* tracesShown(datapath: Datapath, flows: readonly Flow[], names: Names) {
  for (const flow of flows) {
    yield traceShown(datapath, flow, names);
    // As with connections: there may be many services.
    await setImmediate();
  }
}

function traceShown(datapath: Datapath, flow: Flow, names: Names) {
  const labels = {
    server: (server: { id: number; address: string }) => `${names.server(server)} (${server.address})`,
    service: names.service,
  };
  const { server, ...traced } = trace(flow, datapath.knowledgeOf(flow), monotonicNs(), labels);
  const to = server && { name: names.server(server), address: server.address, mac: server.mac ?? null };
  return { ...traced, ...(to && { server: to }) };
}

export type TraceShown = ReturnType<typeof traceShown>;
