import { ARMED_MS, type Fault, isMeddling, type Meddling, STOPS_WITHIN_MS, type SyncFault } from './fault.ts';
import type { Stopped } from './host.ts';
import type { Laws } from './laws.ts';
import { meddle } from './meddling.ts';
import { PATHS, type PathName, type Side, type Wire } from './network.ts';
import { kill, type Node, type World } from './world.ts';

/** What a fault is done to. */
export interface Victim {
  world: World;
  laws: Laws;
  start(side: Side): void;
}

/** Lets a fault begin now, and end in its time. */
export function inject(victim: Victim, fault: Fault): void {
  if (isMeddling(fault)) {
    meddle(victim.world, fault);
    return;
  }
  switch (fault.type) {
    case 'split':
      changeNetwork(victim, fault, (wire, by) => {
        for (const from of fault.from === 'both' ? ([0, 1] as const) : [fault.from]) wire.cuts[from] += by;
      });
      break;
    case 'disturb':
      changeNetwork(victim, fault, ({ disturbances }, by) => {
        if (by > 0) disturbances.push(fault);
        else disturbances.splice(disturbances.indexOf(fault), 1);
      });
      break;
    case 'deaf':
      deafen(victim, victim.world.nodes[fault.side], fault.forMs);
      break;
    case 'linkDown':
      changeNetwork(victim, fault, ({ downs }, by) => {
        downs[fault.side] += by;
      });
      break;
    default:
      apply(victim, victim.world.nodes[fault.side], fault);
  }
}

export function injectIntoSync({ world: { agenda, nodes, sync } }: Victim, fault: SyncFault): void {
  if ('side' in fault) {
    nodes[fault.side].daemon?.ask(fault.type === 'leadForced' ? 'AskedToLead' : 'AskedToStandBy', true);
    return;
  }
  const { type, forMs } = fault;
  sync.faults[type]++;
  agenda.at(agenda.nowMs() + forMs, () => sync.faults[type]--);
}

const CHECKS_FAIL_AFTER_MS = 300;

const later = ({ world: { agenda } }: Victim, ms: number, what: () => void) => agenda.at(agenda.nowMs() + ms, what);

function changeNetwork(
  victim: Victim,
  { path, forMs }: { path: PathName | 'both'; forMs: number },
  change: (wire: Wire, by: 1 | -1) => void,
): void {
  const { laws, world } = victim;
  const all = (by: 1 | -1) => {
    laws.networkChanges();
    for (const each of path === 'both' ? PATHS : [path]) change(world.network.wires[each], by);
    laws.networkChanges();
  };
  all(1);
  later(victim, forMs, () => all(-1));
}

type OfNode = Exclude<Fault, { path: PathName | 'both' } | { type: 'deaf' } | Meddling>;

function apply(victim: Victim, node: Node, fault: OfNode): void {
  const { daemon } = node;
  const { forMs } = fault;
  const strokes: Record<OfNode['type'], () => void> = {
    kill: () => die(victim, node, forMs),
    stop: () => {
      daemon?.ask('AskedToStop');
      later(victim, STOPS_WITHIN_MS, () => die(victim, node, forMs));
    },
    freezeDaemon: () => daemon?.stall(forMs),
    pauseNode: () => pause(victim, node, forMs, 'none'),
    suspend: () => pause(victim, node, forMs, 'timers'),
    stopClocks: () => pause(victim, node, forMs, 'all'),
    serversDead: () => sicken(victim, node, forMs),
    serviceDead: () => loseService(victim, node, forMs),
    addressRefused: () => refuse(victim, node, forMs),
    targetDown: () => loseTarget(victim, node, forMs),
    interfaceBare: () => change(victim, node.interfaces, 'bare', forMs),
    interfaceAway: () => change(victim, node.interfaces, 'away', forMs),
    stallInside: () => {
      daemon?.stallInside(fault.type === 'stallInside' ? fault.afterEffects : 0, forMs);
      later(victim, ARMED_MS, () => daemon?.stallInside(0, 0));
    },
    hangMain: () => hang(victim, node, forMs),
    keep: () => leave(victim, node, fault),
    lead: () => daemon?.ask('AskedToLead'),
    standBy: () => daemon?.ask('AskedToStandBy'),
  };
  strokes[fault.type]();
}

/** Checks that hear no answer fail by and by. */
function deafen(victim: Victim, node: Node, forMs: number): void {
  changeNetwork(victim, { path: 'both', forMs }, (wire, by) => {
    wire.deafs[node.side] += by;
  });
  if (forMs > CHECKS_FAIL_AFTER_MS)
    later(victim, CHECKS_FAIL_AFTER_MS, () => sicken(victim, node, forMs - CHECKS_FAIL_AFTER_MS));
}

/** A daemon that cannot leave its lease stops as any other. */
function leave(victim: Victim, node: Node, fault: OfNode): void {
  const isAwake = node.daemon && !node.daemon.loop.isHalted() && !node.host.isPaused();
  if (fault.type !== 'keep' || !isAwake) return;
  const isLeft = node.daemon?.leave(fault.keepMs);
  if (!isLeft) node.daemon?.ask('AskedToStop');
  if (isLeft) die(victim, node, fault.forMs);
  else later(victim, STOPS_WITHIN_MS, () => die(victim, node, fault.forMs));
}

function sicken(victim: Victim, node: Node, forMs: number): void {
  node.sickness++;
  node.daemon?.main.serversChanged();
  later(victim, forMs, () => {
    node.sickness--;
    node.daemon?.main.serversChanged();
  });
}

function loseService(victim: Victim, node: Node, forMs: number): void {
  const change = (by: 1 | -1) => {
    node.deadServices += by;
    node.daemon?.main.serversChanged();
  };
  change(1);
  later(victim, forMs, () => change(-1));
}

function hang(victim: Victim, { daemon }: Node, forMs: number): void {
  const all = (by: 1 | -1) => {
    victim.laws.networkChanges();
    daemon?.main.hang(by);
    victim.laws.networkChanges();
  };
  all(1);
  later(victim, forMs, () => all(-1));
}

/** Links are looked at, so nobody is notified. */
function change(victim: Victim, interfaces: Node['interfaces'], what: keyof Node['interfaces'], forMs: number): void {
  interfaces[what]++;
  later(victim, forMs, () => {
    interfaces[what]--;
  });
}

function refuse(victim: Victim, node: Node, forMs: number): void {
  node.addressRefusals++;
  node.daemon?.addressRefusalsChanged();
  later(victim, forMs, () => {
    node.addressRefusals--;
    node.daemon?.addressRefusalsChanged();
  });
}

function loseTarget({ world, laws }: Victim, node: Node, forMs: number): void {
  const change = (by: 1 | -1) => {
    laws.networkChanges();
    node.targetDowns += by;
    laws.networkChanges();
  };
  change(1);
  world.agenda.at(world.agenda.nowMs() + forMs, () => change(-1));
}

function pause(victim: Victim, { host, daemon }: Node, forMs: number, clocks: Stopped): void {
  host.pause(clocks);
  daemon?.stall(forMs);
  victim.laws.networkChanges();
  later(victim, forMs, () => {
    victim.laws.networkChanges();
    host.goOn(clocks);
    victim.laws.networkChanges();
  });
}

function die(victim: Victim, node: Node, forMs: number): void {
  const { laws } = victim;
  node.deaths++;
  laws.networkChanges();
  kill(node, victim.world.agenda.nowMs());
  laws.networkChanges();
  later(victim, forMs, () => {
    node.deaths--;
    node.host.whenAwake(() => {
      if (node.deaths > 0 || node.daemon) return;
      laws.networkChanges();
      victim.start(node.side);
      laws.networkChanges();
    });
  });
}
