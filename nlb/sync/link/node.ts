import type { PathName } from '../../pair/beat.ts';
import { type Active, type ActiveOptions, openActive } from '../active.ts';
import type { Effect } from '../effects.ts';
import { openReceiver, type Receiver } from '../receiver.ts';
import {
  type Compare,
  type Compared,
  type FlowAt,
  type FlowName,
  type FromStandby,
  isSame,
  type LogRecord,
  type Message,
  type ServerName,
  type Session,
  type Skipped,
} from '../records.ts';
import type { Rule } from '../rule.ts';
import { type Link, type LinkListener, type LinkOrders, openLink } from './link.ts';

/** A node of the pair: the link to the other, and the engine of the role that it has. For a thread that holds nothing up. */
export interface SyncNode {
  /** It leads from now on. Its engine, which is told what happens. */
  lead(options: Pick<ActiveOptions, 'reign' | 'rule' | 'gone' | 'startsInGrace'>): Active;
  /**
   * The peer leads, and has that reign. It is joined.
   * @param before what this node answers by until it has joined
   */
  standBy(reign: number, before: Rule): Receiver;
  /** Asks the standby where it would send these flows, at most MOST_COMPARED, if one has joined; `compared` gets what it says. */
  compare(number: number, flows: readonly FlowAt[]): void;
  /** Nobody leads whom it could join, and it does not lead either. */
  rest(): void;
  readonly link: Link;
  close(): void;
}

export interface NodeOrders extends LinkOrders, Pick<ActiveOptions, 'settings'> {
  /** How often the engine learns that time has passed; shorter than `retransmitMs`. */
  tickMs: number;
  /** How often a standby says what it has, so that both paths are known and an ended session is found out. */
  sayMs: number;
}

/** What the node cannot do or know by itself. */
export interface NodeHooks
  extends Pick<LinkListener, 'nowMs' | 'unknown' | 'problem'>,
    Pick<ActiveOptions, 'slotOf' | 'logged'> {
  /** Carries out what the engine says, in order; the first of it before `lead` has returned. */
  execute(effect: Exclude<Effect, { type: 'send' }>): void;
  /** A number that no attachment had before, and that nobody can guess. */
  newAttachment(): number;
  /** A number that follows from the servers and services of this node's configuration, below 2^53. */
  configured?(): number;
  /** The standby's. */
  peerConfigured?(number: number): void;
  /** By what this node has in its data path, where it stands by: the server of each flow. */
  answers?(flows: readonly FlowName[]): (ServerName | undefined)[];
  /** What the standby says of what it was asked by `compare`. */
  compared?(said: Compared): void;
  /** Before what this standby has applied is acknowledged. */
  applied?(): void;
  /** What this standby answers by is another rule: by a record, or as a whole, where it has joined. */
  ruleChanged?(by: LogRecord | Skipped | 'joined'): void;
}

type Role = { name: 'active'; engine: Active } | { name: 'standby'; engine: Receiver; reign: number; saidMs: number };

export function openSyncNode(orders: NodeOrders, hooks: NodeHooks): SyncNode {
  const { nowMs } = hooks;
  let role: Role | undefined;
  const session = (): Session | undefined =>
    role?.name === 'active' ? role.engine.status().session : role?.engine.session();
  /** Not before it has applied what the active had logged then: the active asks again. */
  const compare = (engine: Receiver, { session, number, tip, flows }: Compare, path: PathName): void => {
    if (!isSame(engine.session(), session) || !engine.isJoined() || engine.applied() < tip) return;
    const servers = hooks.answers?.(flows.map(({ flow }) => flow)) ?? [];
    const different = flows.flatMap(({ server }, place) => (servers[place] === server ? [] : [place]));
    link.send({ type: 'compared', session, number, different }, path);
  };
  const received: LinkListener['received'] = (said, path, atMs) => {
    if (role?.name === 'active') heardByActive(role.engine, said, atMs);
    else if (role) heardByStandby(role, said, path);
  };
  const withConfigured = (said: FromStandby): FromStandby => {
    const configured = hooks.configured?.();
    return said.type === 'attach' || configured === undefined ? said : { ...said, configured };
  };
  const heardByActive = (engine: Active, said: Message, atMs: number): void => {
    if (said.type === 'attach' || said.type === 'acknowledgement') engine.receive(said, atMs);
    if (
      said.type === 'acknowledgement' &&
      said.configured !== undefined &&
      isSame(engine.status().session, said.session)
    )
      hooks.peerConfigured?.(said.configured);
    else if (said.type === 'compared' && isSame(engine.status().session, said.session)) hooks.compared?.(said);
  };
  const heardByStandby = (before: Role & { name: 'standby' }, said: Message, path: PathName): void => {
    if (said.type === 'compare') compare(before.engine, said, path);
    if (said.type !== 'records' && said.type !== 'ended') return;
    const reply = before.engine.receive(said);
    hooks.applied?.();
    // What could not be carried out, for which the node rests, is not acknowledged.
    if (reply && role === before) link.send(withConfigured(reply), path);
  };
  const link = openLink(orders, { ...hooks, session, received });
  const emit = (effect: Effect): void => {
    if (effect.type === 'send') link.send(effect.datagram);
    else hooks.execute(effect);
  };
  const say = (): void => {
    if (role?.name !== 'standby') return;
    role.saidMs = nowMs();
    link.send(withConfigured(role.engine.tick(role.reign)));
  };
  const timer = setInterval(() => {
    if (role?.name === 'active') role.engine.tick(nowMs());
    else if (role && nowMs() - role.saidMs >= orders.sayMs) say();
  }, orders.tickMs);
  return {
    lead: (options) => {
      const engine = openActive({ ...options, ...hooks, settings: orders.settings, nowMs: nowMs(), emit });
      role = { name: 'active', engine };
      return engine;
    },
    standBy: (reign, before) => {
      const engine = openReceiver(before, orders.perPool, hooks.newAttachment, hooks.ruleChanged);
      role = { name: 'standby', engine, reign, saidMs: 0 };
      say();
      return engine;
    },
    compare: (number, flows) => {
      if (role?.name !== 'active') return;
      const { session, tip } = role.engine.status();
      if (session) link.send({ type: 'compare', session, number, tip, flows });
    },
    rest: () => {
      role = undefined;
    },
    link,
    close: () => {
      clearInterval(timer);
      link.close();
    },
  };
}
