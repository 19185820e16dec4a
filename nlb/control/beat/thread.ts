import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { keepAlias } from '../../address/alias-keeper.ts';
import { openStations, worthAsking } from '../../address/stations.ts';
import { openLease } from '../../datapath/tables/lease.ts';
import { openAddressEvents } from '../../kernel/address-events.ts';
import { inBackground } from '../../kernel/addresses.ts';
import { bootNs, monotonicNs } from '../../kernel/clock.ts';
import { openLinkLook } from '../../kernel/link-flags.ts';
import { beRealTime } from '../../kernel/scheduling.ts';
import { conflictingPackets, defend, noConflict } from '../../pair/defence.ts';
import { peerCouldLead } from '../../pair/election.ts';
import { peerReign, syncState } from '../../pair/in-step.ts';
import { isAlive } from '../../pair/peer.ts';
import { isAskingAround } from '../../pair/reception.ts';
import { begin, nextTickInMs, step } from '../../pair/role.ts';
import { type Event, type Role, standing, withLeaseKept } from '../../pair/state.ts';
import { openAgreement } from './agreement.ts';
import type { ArpHeard } from './arp-news.ts';
import { composeBeatStatus } from './beat-status.ts';
import { openBeatExchange } from './exchange.ts';
import { openExecutor } from './executor.ts';
import { openForcedExit } from './forced-exit.ts';
import { findInherited, holdInherited } from './inherited-lease.ts';
import type { BeatOrders, BeatStatus, ChangeableOrders, FromBeat, ToBeat } from './messages.ts';
import { openNodeFacts } from './node-facts.ts';
import { openObserver } from './observer.ts';
import { openSocketDrain } from './socket-drain.ts';
import { openSyncPort } from './sync-port.ts';
import { warmUpTakeover } from './warm-up.ts';
import { watchWitness } from './witness-watch.ts';

/**
 * The thread that beats and judges beats, and does nothing else: no command, no health check and no log can hold it up.
 * It alone holds the role, the lease and the NLBS address.
 */
const orders = workerData as BeatOrders;
let { settings } = orders;
const post = (message: FromBeat) => parentPort?.postMessage(message);
/** By the clock that goes on while the machine is suspended: a lease must not outlast that, nor what the role believes. */
const nowMs = () => Number(bootNs()) / 1e6;
const problem = (text: string) => post({ type: 'problem', text });

/** Of SCHED_FIFO's 1 to 99: above the ordinary, below what the kernel's own threads use. */
const PRIORITY = 10;
const COPY = `${settings.peer} has heard beats that are yet to be sent: a snapshot was restored here, or there is a clone`;

// Before anything else: an address that an earlier life left could be answered for.
const left = findInherited(orders.pinDirectory, orders.access);
const realTime = beRealTime(PRIORITY);
const links = openLinkLook();
const stations = openStations(() => worthAsking(orders.stations, node.unresolved()), links.look, problem);
const keeper = keepAlias({
  nlbs: orders.access.nlbs,
  events: openAddressEvents(),
  kernel: inBackground,
  nowMs,
  corrected: (change) => {
    if (change.change === 'add') executor.run('announce', 0);
    post({ type: 'corrected', change });
  },
  problem,
});
const executor = openExecutor(orders.access, orders.forwardGraceMs, keeper, problem);
const inherited = holdInherited(left, orders.access, executor, keeper);
const witnessWatch = watchWitness(executor, (change) => post({ type: 'witness', change }));
const observer = openObserver(settings, (change) => post({ type: 'path', change }));
const agreement = openAgreement((sections) => post({ type: 'differs', sections }));
const drain = openSocketDrain();
const forcedExit = openForcedExit({ letGo: () => letGo(orders.keepMs), problem });
let role: Role = begin(nowMs(), settings);
let defence = noConflict;
let worstLateMs = 0;
/** Address and lease are the successor's: nothing must be done to them any more. */
let hasLeft = false;
const node = openNodeFacts({
  orders,
  links,
  keeper,
  executor,
  nowMs,
  facts: () => role.facts,
  happened: (event) => happened(event),
});

const sync = openSyncPort(orders.syncPort, {
  changed: (now) => {
    const { sync: _, ...facts } = role.facts;
    happened({ type: 'FactsChanged', atMs: nowMs(), facts: { ...facts, ...(now && { sync: now }) } });
  },
  logCompleted: (isInStep) => happened({ type: 'LogCompleted', atMs: nowMs(), isInStep }),
});

const peer = openBeatExchange(orders, {
  nowMs,
  problem,
  came: observer.beatCame,
  read: drain.read,
  isCopy: (atMs) => happened({ type: 'LeaseLost', atMs, why: COPY }),
  heard: ({ standing: from, ...more }, atMs) => {
    peerNamed(more.extension?.accessMac, atMs);
    happened({ type: 'Heard', atMs, from, ...more });
  },
  believed: executor.expectBoot,
  refused: () => happened({ type: 'Refused', atMs: nowMs() }),
});

/** A beat names the peer's hardware address, which alone is believed from then on. */
function peerNamed(mac: string | undefined, atMs: number): void {
  if (mac !== undefined && executor.nameWitness(mac)) happened({ type: 'WitnessFound', atMs, mac });
}

function happened(event: Event): string | undefined {
  if (hasLeft) return 'stopping';
  const before = role;
  const { role: after, effects, entered, whyNotGranted } = step(before, event, settings);
  role = after;
  sync.drawReign(entered);
  if (event.type === 'Heard') agreement.look(orders.digest, settings, role.peer);
  if (entered.length > 0) inherited.decide(role.state.name === 'active');
  if (event.type === 'Heard' && event.from.state === 'active') inherited.end();
  const leaseEndsMs = role.state.name === 'active' ? role.state.leaseEndsMs : 0;
  let lost: string | undefined;
  for (const effect of effects) {
    if (effect === 'beat') sayOf(event.atMs, inherited.leftMs());
    else if (effect === 'askStations') stations.ask();
    else if (effect === 'completeLog' || effect === 'keepLog') sync.run(effect);
    else lost = executor.run(effect, leaseEndsMs, role.sinceMs + settings.intervalMs);
    if (lost !== undefined) break;
  }
  sync.entered(entered);
  sync.peerReign(peerReign(after, settings));
  for (const change of observer.stepped({ event, before, after, entered })) post({ type: 'entered', change });
  if (lost !== undefined) happened({ type: 'LeaseLost', atMs: nowMs(), why: lost });
  return whyNotGranted;
}

/** @param keptMs for how long the data path may answer from now on by a lease that one life leaves to the next */
function sayOf(atMs: number, keptMs: number): void {
  const accessMac = node.accessMac();
  const own = {
    digest: orders.digest,
    services: role.facts.services,
    ...syncState(role, sync.reign(), atMs),
    ...(accessMac !== undefined && { accessMac }),
    ...(keptMs > 0 && { leaseKeptMs: keptMs }),
  };
  peer.beat(withLeaseKept(standing(role, atMs, settings), keptMs), own);
}

function tick(): void {
  forcedExit.look(role, nowMs(), settings);
  inherited.look();
  const heard = executor.hear();
  arpHappened(heard);
  if (isAskingAround(role.peer) && stations.heard()) happened({ type: 'StationHeard', atMs: nowMs() });
  if (executor.peerAsked()) happened({ type: 'AddressAsked', atMs: nowMs() });
  node.look();
  happened({ type: 'Ticked', atMs: nowMs() });
  defendAgainst(heard);
  witnessWatch.ticked(role, settings, nowMs());
}

function arpHappened({ found, answers, isPeerPresent }: ArpHeard): void {
  if (found !== undefined) happened({ type: 'WitnessFound', atMs: nowMs(), mac: found });
  for (const mac of answers) {
    happened({ type: 'AddressAnswered', atMs: nowMs(), mac });
    witnessWatch.answered(mac, nowMs());
  }
  if (isPeerPresent) happened({ type: 'PeerPresent', atMs: nowMs() });
}

function defendAgainst(heard: ArpHeard): void {
  const claims = conflictingPackets(heard, isAlive(role.peer, settings));
  const next = defend(defence, claims, nowMs(), role.state.name === 'active');
  defence = next.defence;
  if (next.announce) executor.defend();
  if (next.news) post({ type: 'conflict', conflict: next.news });
}

/** Timers run before sockets are read; the tick waits for that, so that a beat which is already here is never missed. */
function beatOn(dueMs: number): void {
  setTimeout(() => drain.whenRead(() => onTime(dueMs)), Math.max(1, dueMs - nowMs()));
}

function onTime(dueMs: number): void {
  worstLateMs = Math.max(worstLateMs, nowMs() - dueMs);
  tick();
  if (hasLeft) return;
  const everyMs = nextTickInMs(role, settings);
  // Late ticks catch up, but leave an answer for the address the time to come before its question counts as unanswered.
  beatOn(Math.max(dueMs + everyMs, nowMs() + Math.max(everyMs / 2, settings.intervalMs / 4)));
}

function status(): BeatStatus {
  const lease = executor.lease()?.get();
  return composeBeatStatus({
    role,
    settings,
    nowMs: nowMs(),
    leaseLeftNs: {
      answer: (lease?.answerUntilNs ?? 0n) - bootNs(),
      forward: (lease?.forwardUntilNs ?? 0n) - monotonicNs(),
    },
    paths: orders.paths.map(({ name }) => name),
    counts: peer.counts,
    observer,
    agreement,
    witness: witnessWatch.status(nowMs()),
    conflicts: defence.conflicts,
    realTime,
    ...(orders.syncPort && { sync }),
    worstLateMs,
  });
}

const REQUESTS = { lead: 'AskedToLead', standBy: 'AskedToStandBy', stop: 'AskedToStop' } as const;

function answer({ id, what, force }: Extract<ToBeat, { type: 'ask' }>): void {
  const forced = force && { force };
  const whyNotGranted = what === 'status' ? undefined : happened({ type: REQUESTS[what], atMs: nowMs(), ...forced });
  post({ type: 'answer', id, status: status(), ...(whyNotGranted !== undefined && { whyNotGranted }) });
}

/**
 * @param keepMs for how long lead and address are left for a successor, where nobody else could have them
 * @returns whether they are
 */
function letGo(keepMs?: number): boolean {
  const atMs = nowMs();
  const isLeft = keepMs !== undefined && role.state.name === 'active' && !peerCouldLead(role, atMs, settings);
  if (isLeft) leaveLease(atMs, keepMs);
  if (!hasLeft) happened({ type: 'AskedToStop', atMs: nowMs() });
  return hasLeft;
}

/** The lease is never made longer by one who has lost it: the tick finds that out. */
function leave(id: number, keepMs: number): void {
  tick();
  letGo(keepMs);
  post({ type: 'answer', id, status: status(), ...(hasLeft && { kept: true }) });
}

/** The peer is notified first, as with every lease; and three times, because no later beat repeats a lost one. */
function leaveLease(atMs: number, keepMs: number): void {
  for (let beats = 0; beats < 3; beats++) sayOf(atMs, keepMs);
  const lost = executor.run('renewLease', atMs + keepMs);
  if (lost === undefined) hasLeft = true;
  else happened({ type: 'LeaseLost', atMs: nowMs(), why: lost });
}

function useOrders({ secrets, ...next }: ChangeableOrders): void {
  settings = next.settings;
  orders.stations = next.stations;
  orders.digest = next.digest;
  agreement.look(orders.digest, settings, role.peer);
  node.countStations();
  peer.useKeys(secrets);
}

parentPort?.on('message', (message: ToBeat) => {
  forcedExit.heard();
  switch (message.type) {
    case 'lease':
      return executor.useLease(openLease(message.fd), inherited.isHeld() ? 'inherited' : 'new');
    case 'facts':
      return node.reported(message);
    case 'orders':
      return useOrders(message.orders);
    case 'ask':
      return answer(message);
    case 'leave':
      return leave(message.id, message.keepMs);
  }
});

const start = { state: 'initial', previous: 'initial', reason: role.reason, atMs: role.sinceMs } as const;
for (const change of observer.stepped({ before: role, after: role, entered: [start] }))
  post({ type: 'entered', change });
sync.entered([start]);
node.countStations();
node.lookAtLinks();
warmUpTakeover(orders.access);
// A thread keeps what it compiled apart from the main one's, and must write it itself; now, before the first beat.
flushCompileCache();
beatOn(nowMs());
