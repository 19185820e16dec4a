import { type FromActive, type FromStandby, isSame, type LogRecord, type Session, type Skipped } from './records.ts';
import { apply, emptyRule, type Rule } from './rule.ts';

/** The standby's side of a session: records are applied strictly in order, and acknowledged cumulatively. */
export interface Receiver {
  /**
   * Now and then: the peer leads; join its reign, unless that is under way, else say again what has been applied, so that a
   * session that the active has ended is found out. What is to be sent.
   */
  tick(reign: number): FromStandby;
  /** What comes of another session is not looked at. The answer. */
  receive(datagram: FromActive): FromStandby | undefined;
  /** What it answers by if it takes over now: of before this session until the snapshot is complete. */
  rule(): Rule;
  /** Whether it has all of the snapshot, so that it is somewhere in the active's log. */
  isJoined(): boolean;
  /** All records up to this one have been applied. */
  applied(): number;
  session(): Session | undefined;
}

/**
 * @param before what it answers by before it has joined anybody
 * @param perPool how many slots each pool has
 * @param newAttachment a number that no attachment had before
 * @param changed called when the rule is another one: by a record, or as a whole, where the node has joined
 */
export function openReceiver(
  before: Rule,
  perPool: number,
  newAttachment: () => number,
  changed: (by: LogRecord | Skipped | 'joined') => void = () => {},
): Receiver {
  let rule = before;
  let joining: Rule | undefined;
  let session: Session | undefined;
  let applied = 0;
  const attach = (reign: number): FromStandby => {
    session = { reign, attachment: newAttachment() };
    [joining, applied] = [emptyRule(perPool), 0];
    return { type: 'attach', session };
  };
  const takeIn = ({ first, records, snapshotEnd }: Extract<FromActive, { type: 'records' }>): void => {
    if (first > applied + 1) return;
    for (const record of records.slice(applied + 1 - first)) {
      apply(joining ?? rule, record);
      applied++;
      if (!joining) changed(record);
      else if (applied >= snapshotEnd) {
        [rule, joining] = [joining, undefined];
        changed('joined');
      }
    }
  };
  return {
    tick: (reign) => {
      if (session?.reign !== reign) return attach(reign);
      return applied === 0 ? { type: 'attach', session } : { type: 'acknowledgement', session, applied };
    },
    receive: (datagram) => {
      if (session === undefined || !isSame(session, datagram.session)) return undefined;
      if (datagram.type === 'ended') return attach(session.reign);
      takeIn(datagram);
      return { type: 'acknowledgement', session, applied };
    },
    rule: () => rule,
    isJoined: () => session !== undefined && joining === undefined,
    applied: () => applied,
    session: () => session,
  };
}
