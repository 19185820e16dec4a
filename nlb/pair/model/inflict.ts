import { ARMED_MS, type Fault, STOPS_WITHIN_MS } from './fault.ts';
import type { Stopped } from './host.ts';
import type { Laws } from './laws.ts';
import { PATHS, type PathName, type Side, type Wire } from './network.ts';
import { kill, type Node, type World } from './world.ts';

/** What a fault is done to. */
export interface Victim {
  world: World;
  laws: Laws;
  start(side: Side): void;
}

/** Lets a fault begin now, and end in its time. */
export function inflict(victim: Victim, fault: Fault): void {
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
    case 'linkDown':
      changeNetwork(victim, fault, ({ downs }, by) => {
        downs[fault.side] += by;
      });
      break;
    default:
      strike(victim, victim.world.nodes[fault.side], fault);
  }
}

const later = ({ world: { agenda } }: Victim, ms: number, what: () => void) => agenda.at(agenda.nowMs() + ms, what);

function changeNetwork(
  victim: Victim,
  { path, forMs }: Fault & { path: PathName | 'both' },
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

type OfNode = Exclude<Fault, { path: PathName | 'both' }>;

function strike(victim: Victim, node: Node, fault: OfNode): void {
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
    targetDown: () => loseTarget(victim, node, forMs),
    stallInside: () => {
      daemon?.stallInside(fault.type === 'stallInside' ? fault.afterEffects : 0, forMs);
      later(victim, ARMED_MS, () => daemon?.stallInside(0, 0));
    },
    hangMain: () => hang(victim, node, forMs),
    lead: () => daemon?.ask('AskedToLead'),
    standBy: () => daemon?.ask('AskedToStandBy'),
  };
  strokes[fault.type]();
}

function sicken(victim: Victim, node: Node, forMs: number): void {
  node.sickness++;
  node.daemon?.serversChanged();
  later(victim, forMs, () => {
    node.sickness--;
    node.daemon?.serversChanged();
  });
}

function hang(victim: Victim, { daemon }: Node, forMs: number): void {
  const change = (by: 1 | -1) => {
    victim.laws.networkChanges();
    daemon?.hang(by);
    victim.laws.networkChanges();
  };
  change(1);
  later(victim, forMs, () => change(-1));
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
  node.deaths++;
  kill(node, victim.world.agenda.nowMs());
  later(victim, forMs, () => {
    node.deaths--;
    node.host.whenAwake(() => {
      if (node.deaths === 0 && !node.daemon) victim.start(node.side);
    });
  });
}
