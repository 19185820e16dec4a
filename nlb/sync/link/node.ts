import { type Active, type ActiveOptions, openActive } from '../active.ts';
import type { Effect } from '../effects.ts';
import { openReceiver, type Receiver } from '../receiver.ts';
import type { FromActive, FromStandby, LogRecord, Session, Skipped } from '../records.ts';
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
  /** What this standby answers by is another rule: by a record, or as a whole, where it has joined. */
  ruleChanged?(by: LogRecord | Skipped | 'joined'): void;
}

type Role = { name: 'active'; engine: Active } | { name: 'standby'; engine: Receiver; reign: number; saidMs: number };

export function openSyncNode(orders: NodeOrders, hooks: NodeHooks): SyncNode {
  const { nowMs } = hooks;
  let role: Role | undefined;
  const session = (): Session | undefined =>
    role?.name === 'active' ? role.engine.status().session : role?.engine.session();
  const received: LinkListener['received'] = (said, path, atMs) => {
    if (role?.name === 'active' && isOfStandby(said)) role.engine.receive(said, atMs);
    if (role?.name !== 'standby' || isOfStandby(said)) return;
    const before: Role = role;
    const reply = role.engine.receive(said);
    // What could not be carried out, for which the node rests, is not acknowledged.
    if (reply && role === before) link.send(reply, path);
  };
  const link = openLink(orders, { ...hooks, session, received });
  const emit = (effect: Effect): void => {
    if (effect.type === 'send') link.send(effect.datagram);
    else hooks.execute(effect);
  };
  const say = (): void => {
    if (role?.name !== 'standby') return;
    role.saidMs = nowMs();
    link.send(role.engine.tick(role.reign));
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

const isOfStandby = (said: FromActive | FromStandby): said is FromStandby =>
  said.type === 'attach' || said.type === 'acknowledgement';
