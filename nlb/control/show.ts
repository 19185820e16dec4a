import { lossText } from './flow-tables.ts';
import type { Status } from './status.ts';
import { unsentText } from './unsent.ts';

/** The status as text for a terminal. */
export function showStatus(status: Status): string {
  const { peer, lease, datapath } = status;
  const rows: [string, string][] = [
    [status.node, `${status.state} for ${duration(status.forMs)}: ${status.reason}`],
    [
      'peer',
      `${peer.name}: ${peer.alive ? `${peer.state}, ${peer.fitness}` : 'silent'}; ${peer.beatsMissed} beats missed`,
    ],
    ['heartbeat', heartbeat(status)],
    ...Object.entries(peer.paths).map(([path, agoMs]): [string, string] => [`by ${path}`, pathText(peer, path, agoMs)]),
    ['witness', witness(status)],
    ...(peer.differs?.length ? [configuration(peer)] : []),
    ['nlbs', `${status.nlbs}, lease ${lease.answerRemainingMs} ms, forwarding ${lease.forwardRemainingMs} ms`],
    ...status.conflicts.map((conflict): [string, string] => ['conflict', conflictText(conflict)]),
    ...status.refusedAddresses.map((address): [string, string] => [
      'refused',
      `${address}: the kernel will not have it here`,
    ]),
    ...status.corrections.map((correction): [string, string] => ['corrected', correctionText(correction)]),
    [
      'data path',
      `${datapath.mode}${datapath.adopted ? ', adopted' : ''}, ${datapath.connections} active connections, tables of ${mebibytes(datapath.memoryBytes)}`,
    ],
    ...datapath.interfaces.flatMap(({ device, why }): [string, string][] =>
      why === undefined ? [] : [[device, `NO DATA PATH: ${why}`]],
    ),
    ...datapath.tables.flatMap((table): [string, string][] => {
      const text = lossText(table);
      return text === undefined ? [] : [[table.name, text]];
    }),
    ['recovery', recovery(status)],
    ...status.reach.map((target): [string, string] => [
      target.name,
      `reach target ${target.address}: ${target.met === null ? 'not asked yet' : target.met ? 'met' : `lost: ${target.why}`}`,
    ]),
    ...status.servers.map((s): [string, string] => [
      s.name,
      `${s.healthy ? 'healthy' : `out: ${whyOut(s)}`}${s.healthy || !s.kept ? '' : '; keeps its connections'}, ${s.address} at ${s.mac ?? '?'}`,
    ]),
    ...status.services.map((s): [string, string] => [
      s.name,
      `${s.protocol} ${s.address}:${s.port} by ${s.servers.join(', ') || 'nobody'}`,
    ]),
    ...Object.entries(datapath.outcomes).flatMap(([name, { packets, bytes }]): [string, string][] =>
      packets > 0 ? [[name, `${packets} packets, ${bytes} bytes`]] : [],
    ),
    ...notSent(datapath),
    ['real time', status.realTime.granted ? 'yes' : `no: ${status.realTime.why}`],
    ['memory', status.memoryLocked.granted ? 'locked' : `not locked: ${status.memoryLocked.why}`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n');
}

/** Where there is something to say of it. */
function notSent({ unsent }: Status['datapath']): [string, string][] {
  const silent = !unsent || ('packets' in unsent && unsent.packets === 0);
  return silent ? [] : [['not sent', unsentText(unsent)]];
}

function heartbeat({ heartbeat, peer }: Status): string {
  const trust = heartbeat.authenticated ? 'authenticated' : 'INSECURE: whoever reaches its port is believed';
  const refused = Object.entries(peer.refused).map(([why, count]) => `${count} ${why}`);
  return refused.length === 0 ? trust : `${trust}; refused: ${refused.join(', ')}`;
}

function witness({ peer: { witness } }: Status): string {
  const { mac, knownBy, silentForMs } = witness;
  if (mac === null) return 'not known yet';
  const by = knownBy === 'beat' ? 'named by beats' : 'named by no beat yet, by ARP alone';
  return silentForMs === null ? `${mac}, ${by}` : `${mac}, ${by}: DOES NOT ANSWER for ${duration(silentForMs)}`;
}

function configuration({ name, differs }: Status['peer']): [string, string] {
  return ['configuration', `DIFFERS from ${name}’s in ${differs?.join(', ')}`];
}

function recovery({ recovery: { strategy, heldDownMs, leads, setAside } }: Status): string {
  const held = heldDownMs > 0 ? `; the lead is held down for ${duration(heldDownMs)} more, after ${leads} of late` : '';
  return `${strategy}${setAside ? ', suspended: the operator put this node aside' : ''}${held}`;
}

function conflictText({ macs, claims, over, firstAgoMs, lastAgoMs }: Status['conflicts'][number]): string {
  const when = over ? `ended ${duration(lastAgoMs)} ago` : `since ${duration(firstAgoMs)}`;
  return `${when}: claimed ${claims} times by ${macs.join(', ')}`;
}

function correctionText({ change, address, interface: device, count }: Status['corrections'][number]): string {
  return `${address} on ${device} ${change}, ${count === 1 ? 'once' : `${count} times`}`;
}

function pathText({ faultyPaths, hears }: Status['peer'], path: string, agoMs: number | null): string {
  const ours = hears[path] == null ? '' : `; the peer heard the one of ${duration(hears[path])} ago`;
  const last = agoMs === null ? 'no beat yet' : `last beat ${duration(agoMs)} ago${ours}`;
  const fault = faultyPaths.find((faulty) => faulty.path === path);
  return fault ? `FAULTY for ${duration(fault.forMs)}, the peer lives: ${last}` : last;
}

function whyOut({ mac, checks }: Status['servers'][number]): string {
  const failed = Object.entries(checks).flatMap(([name, check]) =>
    check?.healthy ? [] : [`${name}: ${check?.why ?? 'not checked yet'}`],
  );
  return [...(mac === null ? ['no hardware address'] : []), ...failed].join('; ');
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** For people. */
export function duration(milliseconds: number): string {
  return milliseconds < 10_000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}
