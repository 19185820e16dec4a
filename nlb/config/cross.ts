import type { Ipv4 } from './address.ts';
import { readKeyFile } from './key-file.ts';
import type { Problem } from './problem.ts';
import type { Config } from './schema.ts';
import { scriptProblem } from './script-file.ts';

/**
 * What no section of the configuration can see alone. A section that is itself wrong is absent, and the checks that
 * need it are left out; so every problem that can be found is found at once.
 */
export function crossProblems(config: Partial<Config>): Problem[] {
  return [
    ...labelTooLong(config),
    ...deviceTwice(config),
    ...leadsNowhere(config),
    ...addressTwice(config),
    ...peerIsSelf(config),
    ...timesOutOfOrder(config),
    ...keyProblems(config),
    ...reachProblems(config),
    ...holdDownProblems(config),
    ...scriptProblems(config),
    ...nameTwice('servers', config.servers),
    ...nameTwice('services', config.services),
    ...serviceProblems(config),
    ...tooMany(config),
  ];
}

/** The alias carries the label `<device>:nlbs`, and a label may have 15 bytes. */
function labelTooLong({ access }: Partial<Config>): Problem[] {
  if (access === undefined || Buffer.byteLength(`${access.interface}:nlbs`) <= 15) return [];
  const message = `"${access.interface}:nlbs" is the alias's label and has more than 15 bytes; the name may have 10`;
  return [{ path: ['access', 'interface'], message }];
}

/** Each interface is on one side. */
function deviceTwice({ access, server }: Partial<Config>): Problem[] {
  const sides = [
    ['access', access],
    ['server', server],
  ] as const;
  const named = sides.flatMap(([side, leg]) => [
    ...(leg ? [{ device: leg.interface, path: [side, 'interface'] }] : []),
    ...(leg?.furtherInterfaces ?? []).map((device, i) => ({ device, path: [side, 'furtherInterfaces', i] })),
  ]);
  return named.flatMap(({ device, path }, index) => {
    const first = named.findIndex((other) => other.device === device);
    if (first === index) return [];
    return [{ path, message: `"${device}" is ${named[first]?.path.join('.')} already; each leg needs its own` }];
  });
}

/** A server is behind one of the interfaces to servers. */
function leadsNowhere({ server: leg, servers }: Partial<Config>): Problem[] {
  if (leg === undefined) return [];
  const devices = [leg.interface, ...leg.furtherInterfaces];
  return (servers ?? []).flatMap(({ interface: device }, i) =>
    device === undefined || devices.includes(device)
      ? []
      : [
          {
            path: ['servers', i, 'interface'],
            message: `"${device}" is none of the server interfaces: ${devices.join(', ')}`,
          },
        ],
  );
}

/** Every address has one holder. The NLBS address may be a cluster address: that is the layout of the prior art. */
function addressTwice(config: Partial<Config>): Problem[] {
  const holders = new Map<Ipv4, string>();
  const problems: Problem[] = [];
  for (const { address, path, holder } of addresses(config)) {
    const other = holders.get(address);
    const allowed = holder === 'nlbs' && other === 'a cluster address';
    if (other !== undefined && !allowed) problems.push({ path, message: `${address} is already ${other}` });
    holders.set(address, other ?? holder);
  }
  return problems;
}

interface Held {
  address: Ipv4;
  path: (string | number)[];
  holder: string;
}

function addresses({ access, server, peer, clusterAddresses, nlbs, servers }: Partial<Config>): Held[] {
  const held: Held[] = [];
  if (access)
    held.push({ address: access.address, path: ['access', 'address'], holder: 'this node on the access subnet' });
  if (server)
    held.push({ address: server.address, path: ['server', 'address'], holder: 'this node on the server subnet' });
  if (peer) held.push({ address: peer.access, path: ['peer', 'access'], holder: 'the peer on the access subnet' });
  if (peer) held.push({ address: peer.server, path: ['peer', 'server'], holder: 'the peer on the server subnet' });
  for (const [i, address] of (clusterAddresses ?? []).entries())
    held.push({ address, path: ['clusterAddresses', i], holder: 'a cluster address' });
  if (nlbs) held.push({ address: nlbs, path: ['nlbs'], holder: 'nlbs' });
  for (const [i, { address, name }] of (servers ?? []).entries())
    held.push({ address, path: ['servers', i, 'address'], holder: `server "${name}"` });
  return held;
}

function peerIsSelf({ node, peer }: Partial<Config>): Problem[] {
  if (node === undefined || node !== peer?.name) return [];
  return [{ path: ['peer', 'name'], message: `"${node}" is this node's own name` }];
}

/** The lease must outlive a late beat, and must have run out before the peer may act (the fence of the pair). */
function timesOutOfOrder({ heartbeat }: Partial<Config>): Problem[] {
  if (heartbeat === undefined) return [];
  const { intervalMs, leaseMs, deadAfterMs } = heartbeat;
  const problems: Problem[] = [];
  if (leaseMs <= 2 * intervalMs)
    problems.push({
      path: ['heartbeat', 'leaseMs'],
      message: `${leaseMs} must be more than twice intervalMs (${intervalMs})`,
    });
  if (deadAfterMs <= leaseMs)
    problems.push({
      path: ['heartbeat', 'deadAfterMs'],
      message: `${deadAfterMs} must be more than leaseMs (${leaseMs})`,
    });
  return problems;
}

/** A pair that would believe anybody is not started by mistake. */
function keyProblems({ heartbeat }: Partial<Config>): Problem[] {
  if (heartbeat === undefined) return [];
  const { keyFile, insecure } = heartbeat;
  const path = ['heartbeat', 'keyFile'];
  if (keyFile === undefined)
    return insecure ? [] : [{ path, message: 'is missing; name a key file, or write "insecure: true" to go without' }];
  if (insecure) return [{ path: ['heartbeat', 'insecure'], message: 'is true, and yet there is a keyFile; use one' }];
  const read = readKeyFile(keyFile);
  return 'problems' in read ? read.problems.map((problem) => ({ path, message: `${keyFile} ${problem}` })) : [];
}

function reachProblems({ reach }: Partial<Config>): Problem[] {
  if (reach === undefined) return [];
  const { intervalMs, timeoutMs, targets } = reach;
  const late = `${timeoutMs} must not be more than intervalMs (${intervalMs})`;
  return [
    ...(timeoutMs > intervalMs ? [{ path: ['reach', 'timeoutMs'], message: late }] : []),
    ...nameTwice('targets', targets).map((problem) => ({ ...problem, path: ['reach', ...problem.path] })),
  ];
}

function holdDownProblems({ recovery }: Partial<Config>): Problem[] {
  if (recovery === undefined || recovery.holdDownMaxMs >= recovery.holdDownMs) return [];
  const message = `${recovery.holdDownMaxMs} must not be less than holdDownMs (${recovery.holdDownMs})`;
  return [{ path: ['recovery', 'holdDownMaxMs'], message }];
}

/** What is not there now would be missed only when it is needed. */
function scriptProblems({ scripts }: Partial<Config>): Problem[] {
  return Object.entries(scripts ?? {}).flatMap(([state, file]) => {
    const problem = typeof file === 'string' ? scriptProblem(file) : undefined;
    return problem === undefined ? [] : [{ path: ['scripts', state], message: `${file} ${problem}` }];
  });
}

function nameTwice(section: string, items: readonly { name: string }[] | undefined): Problem[] {
  const all = items ?? [];
  return all.flatMap(({ name }, i) => {
    const first = all.findIndex((other) => other.name === name);
    return first === i
      ? []
      : [{ path: [section, i, 'name'], message: `"${name}" is the name of ${section}[${first}] too` }];
  });
}

/** The data path's tables are made once, of the size that they are to have. */
function tooMany({ datapath, servers = [], services = [], clusterAddresses = [] }: Partial<Config>): Problem[] {
  if (datapath === undefined) return [];
  const lists = [
    ['servers', servers.length, 'maxServers'],
    ['services', services.length, 'maxServices'],
    ['clusterAddresses', clusterAddresses.length, 'maxServices'],
  ] as const;
  return lists.flatMap(([section, count, size]) =>
    count > datapath[size]
      ? [{ path: [section], message: `are ${count}, and datapath.${size} leaves room for ${datapath[size]}` }]
      : [],
  );
}

function serviceProblems({ services, servers, clusterAddresses }: Partial<Config>): Problem[] {
  const known = servers && new Set(servers.map((server) => server.name));
  const seen = new Map<string, string>();
  return (services ?? []).flatMap((service, i) => {
    const problems: Problem[] = [];
    const report = (keys: (string | number)[], message: string) =>
      problems.push({ path: ['services', i, ...keys], message });
    const key = `${service.protocol} ${service.address}:${service.port}`;
    const twin = seen.get(key);
    if (twin !== undefined) report(['port'], `${key} is already service "${twin}"`);
    seen.set(key, twin ?? service.name);
    if (clusterAddresses && !clusterAddresses.includes(service.address))
      report(['address'], `${service.address} is not among clusterAddresses`);
    for (const [j, name] of (service.servers ?? []).entries())
      if (known && !known.has(name)) report(['servers', j], `there is no server "${name}"`);
    if (service.protocol === 'udp' && service.check && service.check.port === undefined)
      report(['check'], 'a tcp check of a udp service needs a port');
    if (service.protocol === 'tcp' && service.port === 'any' && service.check?.port === undefined)
      report(['check'], 'a service of any port is checked at one that it names: check.port is missing');
    if (service.check && service.check.timeoutMs > service.check.intervalMs)
      report(
        ['check', 'timeoutMs'],
        `${service.check.timeoutMs} must not be more than intervalMs (${service.check.intervalMs})`,
      );
    return problems;
  });
}
