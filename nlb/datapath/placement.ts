import { type Flow, hashOf } from './flow.ts';
import type { Connection, Server, Service, Told } from './knowledge.ts';

/** Which server a flow goes to. */

/** The server of that id, where packets may be sent to it now. */
function readyServer({ servers }: Told, id: number): Server | undefined {
  const server = servers.get(id);
  return server?.mac === undefined ? undefined : server;
}

/** The server that a connection has, where it is still the same one and packets may be sent to it. */
export function serverOf(told: Told, { server: id, serverAddress }: Connection): Server | undefined {
  const server = readyServer(told, id);
  return server?.address === serverAddress ? server : undefined;
}

/** The server that the service's selection table has in the slot of the flow's hash: hash × slots ÷ 2³². */
export function selectServer(told: Told, { slots }: Service, flow: Flow): Server | undefined {
  const slot = Math.floor((hashOf(flow) * slots.length) / 2 ** 32);
  return readyServer(told, slots[slot] ?? -1);
}
