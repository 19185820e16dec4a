import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeInterfaces } from '../datapath/kit/rig.ts';
import { pin } from '../kernel/bpf-link.ts';
import { switchOnGro } from '../kernel/offload.ts';
import { type OtherNamespace, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { ADDRESS_PAIR, pinOf } from './load-balancer.ts';
import { type Arrivals, loadRig, openArrivals, setStream } from './rig.ts';

/** A load balancer (where this process is) between a generator and a sink, each connected by a veth pair, without a bridge. */
export interface Wire {
  /** Send frames of round-robin flows, as fast as they can be made, and wait until no more arrive. */
  send(frames: number, flows: number): Promise<Delivery>;
  close(): void;
}

/** How many frames were sent, and where they arrived. */
export interface Delivery {
  sent: number;
  /** At servers, by their ids. */
  arrived: number[];
  /** At the sink, but addressed to no server. */
  misaddressed: number;
  tookNs: number;
}

/** After so long without an arrival, missing frames are lost. */
const QUIET_MS = 100;

/** By IPv6 a kernel says that it is there, and asks for routers, whenever it likes: such frames would count. */
const QUIET_KERNEL = 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1';

export async function openWire(): Promise<Wire> {
  run(QUIET_KERNEL);
  makeInterfaces();
  switchOnGro('access');
  const rig = loadRig();
  for (const name of ['generate', 'count']) pin(rig.program(name), pinOf(name));
  pin(rig.map('stream'), pinOf('stream'));
  const [router, farm] = [await openNamespace(), await openNamespace()];
  for (const namespace of [router, farm]) namespace.run(QUIET_KERNEL);
  moveTo(router, 'router');
  moveTo(farm, 'farm');
  farm.run(`ip link set farm xdpdrv pinned ${pinOf('count')}`);
  const generator = await startGenerator(router);
  const arrivals = openArrivals(rig);
  const start = (flows: number): void =>
    setStream(rig, { ...ADDRESS_PAIR, flows, packetsPerFlow: 1, ifindex: generator.ifindex });
  return {
    send: async (frames, flows) => {
      start(flows);
      const before = arrivals.read();
      const tookNs = await generator.send(frames);
      return { sent: frames, ...since(before, await awaitArrivals(arrivals.read, total(before) + frames)), tookNs };
    },
    close: () => {
      generator.close();
      for (const namespace of [router, farm]) namespace.close();
      arrivals.close();
      rig.close();
    },
  };
}

function moveTo(namespace: OtherNamespace, device: string): void {
  run(`ip link set ${device} netns ${namespace.pid}`);
  namespace.run(`ip link set ${device} up`);
}

/** The generator in the router's network namespace. */
interface Generator {
  ifindex: number;
  send(frames: number): Promise<number>;
  close(): void;
}

async function startGenerator({ enter }: OtherNamespace): Promise<Generator> {
  const [program = '', ...words] = [...enter, process.execPath, join(import.meta.dirname, 'generator.ts')];
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const number = async (): Promise<number> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The generator has ended: see its standard error');
    return Number(value);
  };
  return {
    ifindex: await number(),
    send: (frames) => {
      child.stdin.write(`${frames}\n`);
      return number();
    },
    close: () => child.stdin.end(),
  };
}

function since(before: Arrivals, after: Arrivals): Pick<Delivery, 'arrived' | 'misaddressed'> {
  const arrived = after.servers.map((count, id) => count - (before.servers[id] ?? 0));
  return { arrived, misaddressed: after.others - before.others };
}

/** The arrivals once all frames are there, or no more arrive for a while: a CPU may still have some in its queue. */
async function awaitArrivals(read: () => Arrivals, expected: number): Promise<Arrivals> {
  let [last, sinceMs] = [read(), Date.now()];
  await until(() => {
    const now = read();
    if (total(now) !== total(last)) sinceMs = Date.now();
    last = now;
    return total(now) >= expected || Date.now() - sinceMs > QUIET_MS;
  }, 'nothing arrives any more');
  return last;
}

const total = ({ servers, others }: Arrivals): number => servers.reduce((sum, count) => sum + count, others);
