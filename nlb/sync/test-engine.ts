import { type Active, openActive } from './active.ts';
import type { Effect, HeldPacket } from './effects.ts';
import type { PacketKind } from './first-packet.ts';
import type { FromActive } from './records.ts';
import { apply, emptyRule } from './rule.ts';
import type { SyncSettings } from './settings.ts';

const POOL = 'tcp 203.0.113.1:80';
export const SETTINGS: SyncSettings = {
  holdMs: 40,
  retransmitMs: 5,
  graceMs: 1000,
  settleMs: 100,
  mostDrifting: 1,
  mostExceptions: 4,
  mostHeldFrames: 2,
  mostRetained: 100,
  recordsPerDatagram: 10,
  window: 50,
  mostBeforeWalk: 2,
};

/** An engine of one pool with two slots, of a and of b; flows whose names end in the number of their slot; barriers that pass when told to. */
export function scene({ takesOver = false, settings = {} as Partial<SyncSettings>, gone = [] as string[] } = {}) {
  const rule = emptyRule(2);
  apply(rule, { type: 'set', pool: POOL, slots: [0], server: 'a' });
  apply(rule, { type: 'set', pool: POOL, slots: [1], server: 'b' });
  const effects: Effect[] = [];
  const active = openActive({
    reign: 1,
    rule,
    settings: { ...SETTINGS, ...settings },
    slotOf: (flow) => Number(flow.slice(-1)),
    gone,
    startsInGrace: takesOver,
    nowMs: 0,
    emit: (effect) => effects.push(effect),
  });
  let frames = 0;
  const said = (): string[] => effects.splice(0).flatMap(textOf);
  const pass = (nowMs = 0): string[] => {
    const ids = effects.splice(0).flatMap((effect) => (effect.type === 'barrier' ? [effect.id] : []));
    for (const id of ids) active.barrierPassed(id, nowMs);
    return said();
  };
  const packet = (flow: string, kind: PacketKind): HeldPacket => ({
    flow,
    kind,
    slot: Number(flow.slice(-1)),
    id: ++frames,
  });
  pass();
  return { active, said, pass, packet };
}

function textOf(effect: Effect): string[] {
  switch (effect.type) {
    case 'send':
      return recordsIn(effect.datagram);
    case 'writeSlot':
      return [`slot ${effect.slot} is ${effect.server}’s${effect.isHeld ? ', held' : ''}`];
    case 'writeException':
      return [
        `${effect.flow}: ${effect.exception ? `${effect.exception.server}${effect.exception.isSettled ? '' : ', held'}` : 'no exception'}`,
      ];
    case 'forward':
    case 'hold':
      return [`${effect.type} ${effect.packet.flow} to ${effect.server}`];
    case 'drop':
      return [`drop ${effect.packet.flow}`];
    case 'walk':
      return [`walk ${[...effect.slots]} for ${effect.change}`];
    case 'walkOn':
      return [`walk on for ${effect.change}`];
    case 'goOn':
      return ['go on'];
    case 'lookAgain':
      return [`look again for ${effect.flows}`];
    case 'barrier':
      return ['barrier'];
  }
}

const recordsIn = (datagram: FromActive): string[] =>
  datagram.type === 'ended'
    ? ['ended']
    : datagram.records.map((record) =>
        record.type === 'set'
          ? `SET ${record.slots} ${record.server}`
          : `${record.type.toUpperCase()} ${'flow' in record ? record.flow : ''}`,
      );

/** A standby joins and acknowledges all. */
export function join(active: Active): void {
  const session = { reign: 1, attachment: 9 };
  active.receive({ type: 'attach', session }, 0);
  acknowledge(active);
}

export const acknowledge = (active: Active, applied = active.status().tip): void =>
  active.receive({ type: 'acknowledgement', session: { reign: 1, attachment: 9 }, applied }, 0);
