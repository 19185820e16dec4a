import { whyNotRenewable } from '../renewal.ts';
import { begin, nextTickInMs, step } from '../role.ts';
import type { Settings } from '../settings.ts';
import { type Effect, type Event, type Facts, type Role, type Step, withLeaseKept } from '../state.ts';
import { hearArp } from '../witness.ts';
import type { Machine } from './surroundings.ts';

/** The role machine, and ways to break it: a model that none of them turns red would prove nothing. */
export const sound: Machine = {
  begin,
  step,
  nextTickInMs,
  whyNotRenewable,
  leaseClock: 'boot',
  hearArp,
  nameLease: (own, keptMs) => ({
    said: withLeaseKept(own, keptMs),
    extension: keptMs > 0 ? { leaseKeptMs: keptMs } : {},
  }),
};

const withSettings = (change: (settings: Settings) => Settings): Machine => ({
  ...sound,
  begin: (atMs, settings) => begin(atMs, change(settings)),
  step: (role, event, settings) => step(role, event, change(settings)),
  nextTickInMs: (role, settings) => nextTickInMs(role, change(settings)),
});

const withStep = (change: Machine['step']): Machine => ({ ...sound, step: change });

const without = (effect: Effect) =>
  withStep((role, event, settings) => {
    const next = step(role, event, settings);
    return { ...next, effects: next.effects.filter((each) => each !== effect) };
  });

const withRole = (change: (role: Role, event: Event) => Role): Machine =>
  withStep((role, event, settings) => step(change(role, event), event, settings));

const withFacts = (change: (facts: Facts) => Facts): Machine =>
  withStep((role, event, settings) =>
    event.type === 'FactsChanged'
      ? step(role, { ...event, facts: change(event.facts) }, settings)
      : step(role, event, settings),
  );

const unmoved = (role: Role): Step => ({ role, effects: [], entered: [] });

export const broken: Record<string, Machine> = {
  'the lease is longer than the silence after which a peer is replaced': withSettings((settings) => ({
    ...settings,
    leaseMs: settings.deadAfterMs * 2,
  })),
  'answers for the address are ignored': withStep((role, event, settings) =>
    event.type === 'AddressAnswered' ? unmoved(role) : step(role, event, settings),
  ),
  'every station is a witness': {
    ...sound,
    hearArp: (witness, packet, addresses) =>
      packet.senderIp === addresses.nlbs && packet.senderMac !== addresses.ownMac
        ? { witness, news: 'answer' }
        : hearArp(witness, packet, addresses),
  },
  'an answer to somebody else is taken for one to us': {
    ...sound,
    hearArp: (witness, packet, addresses) => hearArp(witness, { ...packet, targetIp: addresses.ownAddress }, addresses),
  },
  'questions count that nobody could be asked': withStep((role, event, settings) =>
    event.type === 'WitnessFound' ? unmoved(role) : step(role, event, settings),
  ),
  'whoever asks in the peer’s name holds a node off for ever': withRole((role, { type }) =>
    type === 'AddressAsked' ? { ...role, peerAskedAtMs: Number.NEGATIVE_INFINITY } : role,
  ),
  'whoever has been deferred to twice is not deferred to for a second': withRole((role, { type, atMs }) =>
    type === 'AddressAsked' && atMs - role.deferringSinceMs < 1000 ? { ...role, peerAskedAtMs: atMs } : role,
  ),
  'a peer that named a long lease when it asked is waited for by that, whatever it names now': withStep(
    (role, event, settings) => {
      const next = step(role, event, settings);
      const isWaiting = event.type === 'Heard' && event.from.state !== 'active' && next.entered.length === 0;
      return isWaiting ? { ...next, role: { ...next.role, deferUntilMs: role.deferUntilMs } } : next;
    },
  ),
  'a refusal alone disproves a split': withRole((role, { type }) =>
    type === 'Refused' ? { ...role, peer: { ...role.peer, absentMs: 0 } } : role,
  ),
  'a refusal alone shortens the wait for a silent leader': withStep((role, event, settings) => {
    const { peer } = role;
    const isOver = event.type === 'Ticked' && peer.refused && peer.silentMs > settings.leaseMs;
    const silentMs = isOver ? Math.max(peer.silentMs, settings.deadAfterMs) : peer.silentMs;
    return step({ ...role, peer: { ...peer, silentMs } }, event, settings);
  }),
  'a refusal spares a peer the fence': withStep((role, event, settings) => {
    const next = step(role, event, settings);
    return { ...next, effects: next.effects.filter((each) => each !== 'fence' || !next.role.peer.refused) };
  }),
  'the lease is not dropped when the lead is let go': without('dropLease'),
  'the alias stays when the lead is let go': without('removeAlias'),
  "a standby takes its own stall for its peer's silence": withRole((role, { type, atMs }) =>
    type === 'Ticked'
      ? { ...role, peer: { ...role.peer, silentMs: atMs - role.peer.countedUntilMs + role.peer.silentMs } }
      : role,
  ),
  'questions from before a stall still count': withRole((role, { type, atMs }) =>
    type === 'Ticked' ? { ...role, tickedAtMs: Math.max(role.tickedAtMs, atMs - 10) } : role,
  ),
  'a leader that stalled past its lease goes on': withRole((role, { atMs }) =>
    role.state.name === 'active' ? { ...role, state: { ...role.state, leaseEndsMs: atMs } } : role,
  ),
  'a lease that lapsed before it was renewed is revived': { ...sound, whyNotRenewable: () => undefined },
  'a first lease is taken however long ago that was decided': {
    ...sound,
    whyNotRenewable: (currentUntilMs, untilMs, nowMs) => whyNotRenewable(currentUntilMs, untilMs, nowMs),
  },
  'answering is judged by a clock that stands still in a suspension': { ...sound, leaseClock: 'monotonic' },
  'a node leads without asking': withRole((role) => ({ ...role, peer: { ...role.peer, asksUnanswered: 3 } })),
  "the peer's word that it does not lead is enough": withStep((role, event, settings) => {
    const word = event.type === 'Heard' && event.from.state !== 'active' && role.state.name === 'standby';
    const next = step(role, event, settings);
    if (!word) return next;
    const asked = { ...next.role, peer: { ...next.role.peer, asksUnanswered: 3 } };
    const led = step(asked, { type: 'Ticked', atMs: event.atMs }, settings);
    return led.entered.length > 0 ? led : next;
  }),
  'what waited for a node that stood still counts as said now': withStep((role, event, settings) =>
    event.type === 'Ticked'
      ? step({ ...role, tickedAtMs: Math.max(role.tickedAtMs, event.atMs - settings.deadAfterMs) }, event, settings)
      : step(role, event, settings),
  ),
  "the peer's question for the address is ignored": withStep((role, event, settings) =>
    event.type === 'AddressAsked' ? unmoved(role) : step(role, event, settings),
  ),
  'of two that lead, the one that hears the other stays': withStep((role, event, settings) => {
    const { peerLeadsOn: _, peerDoesNotHearUs: __, ...lasting } = role.lasting;
    return step({ ...role, lasting }, event, settings);
  }),
  'a leader yields to a word from before its lead': withStep((role, event, settings) => {
    const { acknowledged: _, ...peer } = role.peer;
    if (event.type !== 'Heard') return step({ ...role, peer }, event, settings);
    const { acknowledged: __, ...heard } = event;
    return step({ ...role, peer }, heard, settings);
  }),
  'a node that hears nobody takes that for the silence of its peer': withRole((role) => ({
    ...role,
    peer: { ...role.peer, reception: { ...role.peer.reception, proved: true, roundsUnanswered: 0 } },
  })),
  'a leader that hears nobody goes on': withStep((role, event, settings) =>
    role.state.name === 'active'
      ? step(
          { ...role, peer: { ...role.peer, reception: { ...role.peer.reception, roundsUnanswered: 0 } } },
          event,
          settings,
        )
      : step(role, event, settings),
  ),
  'a node that has taken itself for deaf asks no sooner when a link is back': withStep((role, event, settings) => {
    if (event.type !== 'FactsChanged') return step(role, event, settings);
    const { downLinks } = event.facts;
    return step({ ...role, facts: { ...role.facts, downLinks } }, event, settings);
  }),
  'what other stations answer is ignored': withStep((role, event, settings) =>
    event.type === 'StationHeard' ? unmoved(role) : step(role, event, settings),
  ),
  'both take themselves for the one with the lower address': withSettings((settings) => ({
    ...settings,
    primary: false,
    lowerAddress: true,
  })),
  'a primary takes the lead back from a sound leader': withStep((role, event, settings) =>
    role.state.name === 'active' && event.type === 'Heard' && event.from.primary
      ? step(role, { type: 'AskedToStandBy', atMs: event.atMs }, settings)
      : step(role, event, settings),
  ),
  'a leader gives the lead back whatever its own configuration says': withStep((role, event, settings) => {
    const obliging = { ...settings, primary: false, recovery: 'automatic' } as const;
    return step(role, event, role.state.name === 'active' && event.type === 'Heard' ? obliging : settings);
  }),
  'a node that is out of operation stays so': withStep((role, event, settings) =>
    role.state.name === 'inop' && event.type !== 'Ticked' ? unmoved(role) : step(role, event, settings),
  ),
  'a lost lease is not reported': withStep((role, event, settings) => {
    const next = step(role, event, settings);
    return { ...next, entered: next.entered.slice(-1) };
  }),
  'the lease that the peer names is ignored': withStep((role, event, settings) =>
    event.type === 'Heard'
      ? step(role, { ...event, from: { ...event.from, leaseMs: 0 } }, settings)
      : step(role, event, settings),
  ),
  'a lease that is left for a successor is not named': {
    ...sound,
    nameLease: (said) => ({ said, extension: {} }),
  },
  'a node that has yet to decide on a lease that was left says nothing of it but its length': {
    ...sound,
    nameLease: (own, keptMs) => ({ said: withLeaseKept(own, keptMs), extension: {} }),
  },
  'a node that is cut off from all targets leads all the same': withFacts((facts) => ({ ...facts, targets: {} })),
  'a refusal stands no longer than a silent peer lives': withRole((role, { atMs }) =>
    atMs - role.peer.refusedAtMs < 40
      ? role
      : { ...role, peer: { ...role.peer, refusedAtMs: Number.NEGATIVE_INFINITY } },
  ),
  'a node leads by an interface without the data path': withFacts((facts) => ({ ...facts, unguarded: [] })),
  'an interface that is away is ignored': withFacts((facts) => ({ ...facts, absent: [] })),
  'a leader to which the address is refused stays where it is': withFacts(({ refusedAlias: _, ...facts }) => facts),
  'targets of the peer are not looked at': withStep((role, event, settings) =>
    event.type === 'Heard'
      ? step(role, { ...event, from: { ...event.from, targetsMet: 0 } }, settings)
      : step(role, event, settings),
  ),
  'how well the peer serves is not looked at': withStep((role, event, settings) => {
    if (event.type !== 'Heard') return step(role, event, settings);
    const { services: _, ...extension } = event.extension ?? {};
    return step(role, { ...event, extension }, settings);
  }),
  'what the main thread has reported is good for ever': withSettings((settings) => ({
    ...settings,
    staleAfterMs: Number.POSITIVE_INFINITY,
  })),
  'a state is reported twice': withStep((role, event, settings) => {
    const next = step(role, event, settings);
    return { ...next, entered: next.entered.flatMap((entry) => [entry, entry]) };
  }),
  'a leader renews its lease only now and then': withStep((role, event, settings) => {
    const next = step(role, event, settings);
    const skip = Math.floor(event.atMs) % 7 === 0;
    return skip && role.state.name === 'active'
      ? { ...next, effects: next.effects.filter((e) => e !== 'renewLease') }
      : next;
  }),
};

/** Machines that are wrong about sync alone. */
export const brokenInSync: Record<string, Machine> = {
  'a standby that is behind is taken for one in step': withStep((role, event, settings) => {
    if (event.type === 'LogCompleted') return step(role, { ...event, isInStep: true }, settings);
    const sync = { isPeerInStep: true };
    return step({ ...role, facts: { ...role.facts, ...(role.facts.sync && { sync }) } }, event, settings);
  }),
  'the lead is let go before the log is complete': withStep((role, event, settings) => {
    const next = step(role, event, settings);
    if (!next.effects.includes('completeLog')) return next;
    return step(next.role, { type: 'LogCompleted', atMs: event.atMs, isInStep: true }, settings);
  }),
  'a log that is not complete in time is complete': withRole((role) => {
    if (role.state.name !== 'active' || role.state.completing === undefined) return role;
    return { ...role, state: { ...role.state, completing: { ...role.state.completing, isForced: true } } };
  }),
};
