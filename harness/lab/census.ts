import type { CensusTaken } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';
import type { Lab } from './lab.ts';

/** What `ip -json address` says of one device, as far as we read it. */
interface DeviceText {
  ifname: string;
  link_type?: string;
  address?: string;
  addr_info?: { family: string; local: string; prefixlen: number; label?: string }[];
}

interface RouteText {
  dst: string;
  gateway?: string;
  dev?: string;
}

export interface Device {
  device: string;
  /** Absent for devices that have none, the loopback among them. */
  mac?: string;
  /** `10.77.1.11/24`, with the label where it is not just the device's name. */
  addresses: { address: string; label?: string }[];
}

/** Every device of the node with its IPv4 addresses, from the running kernel. */
export const devicesOf = async (node: LabNode): Promise<Device[]> =>
  toDevices(await readJson<DeviceText>(node, ['ip', '-json', 'address']));

function toDevices(found: DeviceText[]): Device[] {
  return found.map((device) => ({
    device: device.ifname,
    ...(device.link_type === 'ether' && device.address ? { mac: device.address } : {}),
    addresses: (device.addr_info ?? [])
      .filter(({ family }) => family === 'inet')
      .map(({ local, prefixlen, label }) => ({
        address: `${local}/${prefixlen}`,
        ...(label && label !== device.ifname ? { label } : {}),
      })),
  }));
}

/** A list that a command of the node prints as JSON; empty where it prints nothing. */
export async function readJson<T>(node: LabNode, command: string[]): Promise<T[]> {
  const done = await node.runBeside(command);
  if (done.exitCode !== 0) throw new Error(`"${command.join(' ')}" on ${node.name} failed: ${done.stderr}`);
  return JSON.parse(done.stdout || '[]') as T[];
}

/** Every address and every route of every node, as the kernels of the running lab have them now. */
export async function takeCensus(lab: Lab, nowNs: () => number): Promise<CensusTaken> {
  const nodes = lab.plan.nodes.map(({ name }) => lab.node(name));
  const found = await Promise.all(nodes.map(censusOf));
  return {
    kind: 'census',
    atNs: nowNs(),
    addresses: found.flatMap(({ addresses }) => addresses),
    routes: found.flatMap(({ routes }) => routes),
  };
}

async function censusOf(node: LabNode): Promise<Pick<CensusTaken, 'addresses' | 'routes'>> {
  // One program for both: starting one costs more than what it does.
  const done = await node.runBeside(['ip', '-json', '-batch', '-'], 'address show\nroute show\n');
  if (done.exitCode !== 0) throw new Error(`no census of ${node.name}: ${done.stderr}`);
  const [devices, routes] = readLists(done.stdout) as [DeviceText[], RouteText[]];
  return {
    addresses: toDevices(devices).flatMap(({ device, addresses }) =>
      addresses.map((address) => ({ node: node.name, device, ...address })),
    ),
    routes: routes.map(({ dst, gateway, dev }) => ({
      node: node.name,
      to: dst,
      ...(gateway ? { via: gateway } : {}),
      ...(dev ? { device: dev } : {}),
    })),
  };
}

/** `ip` prints a list for each command, on a line of its own, empty where there is nothing to list. */
function readLists(text: string): unknown[][] {
  const lists = text.split('\n').filter((line) => line.startsWith('['));
  if (lists.length !== 2) throw new Error(`two lists were asked for, and ip printed ${lists.length}: ${text}`);
  return lists.map((line) => JSON.parse(line) as unknown[]);
}
