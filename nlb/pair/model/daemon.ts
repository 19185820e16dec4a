import type { Standing } from '../beat.ts';
import { peerCouldLead } from '../election.ts';
import type { BadlyServed, Extension } from '../extension.ts';
import type { whyNotRenewable } from '../renewal.ts';
import type { begin, nextTickInMs, step } from '../role.ts';
import type { Settings } from '../settings.ts';
import { type Effect, type Entry, type Event, type Facts, type Role, standing } from '../state.ts';
import { type AccessAddresses, type ArpSeen, type hearArp, named, nobody, type Witness } from '../witness.ts';
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Host, LeaseClock } from './host.ts';
import { type Loop, openLoop } from './loop.ts';
import type { PathName } from './network.ts';
import { type Mail, openTalk, type Talk } from './news.ts';

/** The role machine, or one that was broken to see the model go red. */
export interface Machine {
  begin: typeof begin;
  step: typeof step;
  nextTickInMs: typeof nextTickInMs;
  whyNotRenewable: typeof whyNotRenewable;
  /** By which clock the data path judges the lease, and the daemon. */
  leaseClock: LeaseClock;
  hearArp: typeof hearArp;
  /** How a beat names a lease that one life leaves to the next; 0 where there is none. */
  nameLease(said: Standing, keptMs: number): { said: Standing; extension: Extension };
}

/** What comes to the ARP sockets, or to the data path alone: the peer's question to everybody. */
export type Overheard = ArpSeen | 'asked' | 'another station';

/** What a daemon is connected to. */
export interface Surroundings {
  agenda: Agenda;
  chance: Chance;
  host: Host;
  machine: Machine;
  settings: Settings;
  /** How many daemons ran on this host before, and this one. */
  life: number;
  healthyServers(): number;
  /** How many other stations it can ask. */
  stations: number;
  services(): BadlyServed;
  refusedAlias(): string[];
  downLinks(): string[];
  /** Interfaces that are there without the data path, and further ones that are not there. */
  unguarded(): string[];
  absent(): string[];
  /** Which reach targets answer now. */
  targets(): Record<string, boolean>;
  beat(mail: Mail): void;
  addresses: AccessAddresses;
  askAddress(witness: Witness): void;
  askPeer(): void;
  askStations(): void;
  announce(): void;
  fence(): void;
  entered(entry: Entry): void;
  /** The data path's lease is about to be set, or the daemon has just stopped listening, or is about to go on. */
  beforeLeaseChange(): void;
  /** The data path's lease was just set, or the alias. */
  afterLeaseChange(): void;
  /** All effects of a step were run. */
  stepped(daemon: Daemon): void;
}

const LINK_LOOK_MS = 20;
/** A target is met, or lost, after so many looks in a row. */
const LOOKS_ENOUGH = 2;
/** Loading the data path, and the first look at the servers. */
const READY_AFTER_MS = [5, 60] as const;
/** How often the main thread tells its facts, while it does not hang. */
const TELL_EVERY_MS = 40;
/** How late a timer comes on a machine with nothing else to do. */
const TIMER_LATE_MS = 0.6;

/** The beat thread, with the real role in it: what `control/beat/thread.ts` is to the kernel, this is to the model. */
export class Daemon {
  readonly at: Surroundings;
  readonly loop: Loop<() => void>;
  readonly talk: Talk;
  role: Role;
  /** What was last seen of the links. */
  looked: Required<Pick<Facts, 'downLinks' | 'unguarded' | 'absent'>> = { downLinks: [], unguarded: [], absent: [] };
  private leaseOpen = false;
  private lookAtMs = 0;
  /** Looks in a row that speak against what is known of the targets. */
  private contraryLooks = 0;
  /** What came to the ARP socket since the last tick, or to the data path alone. */
  private arp: Overheard[] = [];
  private witness: Witness = nobody;
  /** Alias and lease are those of an earlier life, until it is decided what becomes of them. */
  private hasInherited: boolean;
  /** How many faults hang the main thread, and since when it and the beat have both been so. */
  private hangs = 0;
  private hungSinceMs = Number.POSITIVE_INFINITY;
  private stallAfterEffects = 0;
  private stallMs = 0;

  constructor(at: Surroundings) {
    this.at = at;
    this.talk = openTalk(at.life);
    this.loop = openLoop<() => void>(
      (read) => read(),
      () => this.tick(),
    );
    this.hasInherited = at.host.answers();
    at.host.dataPath.alias = this.hasInherited;
    this.role = at.machine.begin(at.host.clockMs(), at.settings);
    at.entered({ state: 'initial', previous: 'initial', reason: this.role.reason, atMs: this.role.sinceMs });
    this.factsChanged({ stations: at.stations });
    this.lookAround();
    this.schedule(at.host.clockMs());
    at.agenda.at(at.agenda.nowMs() + at.chance.between(...READY_AFTER_MS), () => this.loop.post(() => this.ready()));
  }

  receive(path: PathName, mail: Mail): void {
    this.loop.receive(path, () => this.read(path, mail));
  }

  overheard(what: Overheard): void {
    this.arp.push(what);
  }

  refused(): void {
    this.loop.post(() => this.happened({ type: 'Refused', atMs: this.now() }));
  }

  ask(type: 'AskedToLead' | 'AskedToStandBy' | 'AskedToStop'): void {
    this.loop.post(() => this.happened({ type, atMs: this.now() }));
  }

  /** As `leave`: where nobody else could lead, a lease of so long is left, and this life is over. @returns whether it is */
  leave(keepMs: number): boolean {
    const { host, settings, machine } = this.at;
    if (this.role.state.name !== 'active' || peerCouldLead(this.role, this.now(), settings)) return false;
    const lapsed = machine.whyNotRenewable(host.dataPath.answerUntilMs, this.now() + keepMs, this.now());
    if (lapsed !== undefined) return false;
    for (let beats = 0; beats < 3; beats++) this.sayOf(standing(this.role, this.now(), settings), keepMs);
    this.lease(this.now() + keepMs);
    return true;
  }

  /** Whether what the data path has may differ from what the role says. */
  hasInheritedLease(): boolean {
    return this.hasInherited;
  }

  serversChanged(): void {
    if (this.hangs > 0) return;
    const reportedAtMs = this.now();
    const facts = { healthyServers: this.at.healthyServers(), services: this.at.services() };
    this.loop.post(() => this.factsChanged(facts, reportedAtMs));
  }

  /** The main thread stands still, and so all that it would tell; the beat goes on. */
  hang(by: 1 | -1): void {
    this.hangs += by;
    this.hungSinceMs = this.hangs > 0 ? Math.min(this.hungSinceMs, this.at.agenda.nowMs()) : Number.POSITIVE_INFINITY;
  }

  isHung(): boolean {
    return this.hangs > 0;
  }

  hungForMs(): number {
    return this.at.agenda.nowMs() - this.hungSinceMs;
  }

  addressRefusalsChanged(): void {
    this.loop.post(() => this.factsChanged({ refusedAlias: this.at.refusedAlias() }));
  }

  /** Stands still for a while, as soon as it has run so many more effects: in the midst of a step. */
  stallInside(afterEffects: number, ms: number): void {
    this.stallAfterEffects = afterEffects;
    this.stallMs = ms;
  }

  stall(ms: number): void {
    this.loop.halt();
    this.at.beforeLeaseChange();
    this.at.agenda.at(this.at.agenda.nowMs() + ms, () => {
      this.at.beforeLeaseChange();
      // What a node stands still whole is no time in which it could have missed its main thread.
      if (this.hangs > 0) this.hungSinceMs = this.at.agenda.nowMs();
      this.loop.goOn();
    });
  }

  private now(): number {
    return this.at.host.clockMs();
  }

  /** As `useLease`: what an earlier life left is dropped; this one has yet to be elected. */
  private ready(): void {
    this.leaseOpen = true;
    if (!this.hasInherited) this.at.host.dataPath.answerUntilMs = 0;
    const { healthyServers, refusedAlias, services, targets } = this.at;
    const seen = { healthyServers: healthyServers(), services: services() };
    this.factsChanged({ ready: true, ...seen, refusedAlias: refusedAlias(), targets: targets() }, this.now());
    this.tell();
  }

  /** The main thread, again and again. */
  private tell(): void {
    if (this.loop.isEnded()) return;
    if (!this.loop.isHalted()) this.serversChanged();
    this.at.agenda.at(this.at.agenda.nowMs() + TELL_EVERY_MS, () => this.tell());
  }

  private factsChanged(facts: Partial<Facts>, reportedAtMs?: number): void {
    const reported = reportedAtMs === undefined ? {} : { reportedAtMs };
    this.happened({ type: 'FactsChanged', atMs: this.now(), facts: { ...this.role.facts, ...facts }, ...reported });
  }

  private read(path: PathName, mail: Mail): void {
    const atMs = this.now();
    const { from, acknowledged, extension = {}, replyTo } = this.talk.read(path, mail);
    if (replyTo !== undefined) this.at.beat(this.talk.compose(atMs, undefined, { replyTo }));
    if (from?.state === 'active' && this.hasInherited) this.endInherited();
    const { accessMac } = extension;
    this.loop.first(
      () => accessMac !== undefined && this.useWitness(named(accessMac)),
      () => from && acknowledged && this.happened({ type: 'Heard', atMs, from, extension, acknowledged }),
    );
  }

  private useWitness(witness: Witness): void {
    const { mac } = witness;
    const isOther = mac !== undefined && mac !== this.witness.mac;
    this.witness = witness;
    if (isOther) this.happened({ type: 'WitnessFound', atMs: this.now(), mac });
  }

  private endInherited(): void {
    this.hasInherited = false;
    this.at.host.dataPath.answerUntilMs = 0;
    this.at.host.dataPath.alias = false;
  }

  private tick(): void {
    if (this.hasInherited && !this.at.host.answers()) this.endInherited();
    const overheard = this.arp;
    this.arp = [];
    this.loop.first(
      ...overheard.map((what) => () => this.hearArp(what)),
      () => this.lookAround(),
      () => this.happened({ type: 'Ticked', atMs: this.now() }),
      () => this.scheduleNext(),
    );
  }

  private hearArp(what: Overheard): void {
    const atMs = this.now();
    if (what === 'asked') {
      this.happened({ type: 'AddressAsked', atMs });
      return;
    }
    if (what === 'another station') {
      this.happened({ type: 'StationHeard', atMs });
      return;
    }
    const { witness, news } = this.at.machine.hearArp(this.witness, what, this.at.addresses);
    this.loop.first(
      () => this.useWitness(witness),
      () => news === 'answer' && this.happened({ type: 'AddressAnswered', atMs, mac: what.senderMac }),
      () => news === 'present' && this.happened({ type: 'PeerPresent', atMs }),
    );
  }

  private lookAround(): void {
    if (this.now() < this.lookAtMs) return;
    this.lookAtMs = this.now() + LINK_LOOK_MS;
    this.loop.first(
      () => this.lookAtLinks(),
      () => this.lookAtTargets(),
    );
  }

  private lookAtLinks(): void {
    this.looked = { downLinks: this.at.downLinks(), unguarded: this.at.unguarded(), absent: this.at.absent() };
    const { facts } = this.role;
    if (JSON.stringify({ ...facts, ...this.looked }) !== JSON.stringify(facts)) this.factsChanged(this.looked);
  }

  private lookAtTargets(): void {
    if (this.hangs > 0) return;
    const targets = this.at.targets();
    const isContrary = JSON.stringify(targets) !== JSON.stringify(this.role.facts.targets);
    this.contraryLooks = isContrary && this.role.facts.ready ? this.contraryLooks + 1 : 0;
    if (this.contraryLooks < LOOKS_ENOUGH) return;
    this.contraryLooks = 0;
    this.factsChanged({ targets });
  }

  private dueMs = 0;

  private scheduleNext(): void {
    const { machine, settings } = this.at;
    const everyMs = machine.nextTickInMs(this.role, settings);
    this.schedule(Math.max(this.dueMs + everyMs, this.now() + Math.max(everyMs / 2, settings.intervalMs / 4)));
  }

  private schedule(dueMs: number): void {
    this.dueMs = dueMs;
    const afterMs = Math.max(0, dueMs - this.now()) + this.at.chance.fraction() * TIMER_LATE_MS;
    this.at.host.timer(afterMs, () => this.loop.timerDue());
  }

  private happened(event: Event): void {
    const { role, effects, entered } = this.at.machine.step(this.role, event, this.at.settings);
    this.role = role;
    for (const entry of entered) this.at.entered(entry);
    if (entered.length > 0 && this.hasInherited) {
      if (role.state.name !== 'active') this.endInherited();
      this.hasInherited = false;
    }
    const said = effects.includes('beat') ? standing(role, event.atMs, this.at.settings) : undefined;
    let lost: string | undefined;
    const perform = (effect: Effect) => {
      if (lost !== undefined) return;
      lost = this.run(effect, said);
      if (lost === undefined) return;
      const why = lost;
      this.loop.first(() => this.happened({ type: 'LeaseLost', atMs: this.now(), why }));
    };
    const done = () => lost === undefined && this.at.stepped(this);
    this.loop.first(...effects.map((effect) => () => perform(effect)), done);
  }

  private leaseLeftMs(): number {
    return this.hasInherited ? Math.max(0, this.at.host.dataPath.answerUntilMs - this.now()) : 0;
  }

  private sayOf(own: Standing, keptMs: number): void {
    const { said, extension } = this.at.machine.nameLease(own, keptMs);
    const accessMac = this.at.addresses.ownMac;
    const { services } = this.role.facts;
    this.at.beat(this.talk.compose(this.now(), said, { extension: { ...extension, accessMac, services } }));
  }

  /** Gives why the lease was not renewed; what was to be done after that is left. */
  private run(effect: Effect, said: Standing | undefined): string | undefined {
    const { host } = this.at;
    const { state } = this.role;
    switch (effect) {
      case 'beat':
        if (said) this.sayOf(said, this.leaseLeftMs());
        break;
      case 'renewLease':
        return this.renew(state.name === 'active' ? state.leaseEndsMs : 0);
      case 'dropLease':
        if (this.leaseOpen) this.lease(0);
        break;
      case 'addAlias':
        host.dataPath.alias = true;
        this.at.afterLeaseChange();
        break;
      case 'removeAlias':
        host.dataPath.alias = false;
        break;
      case 'announce':
        this.at.announce();
        break;
      case 'fence':
        this.at.fence();
        break;
      case 'askPeer':
        this.at.askPeer();
        break;
      case 'askAddress':
        this.at.askAddress(this.witness);
        break;
      case 'askStations':
        this.at.askStations();
    }
    this.effectRun();
    return undefined;
  }

  private effectRun(): void {
    if (this.stallAfterEffects > 0 && --this.stallAfterEffects === 0) this.stall(this.stallMs);
  }

  private renew(untilMs: number): string | undefined {
    const lapsed = this.at.machine.whyNotRenewable(this.at.host.dataPath.answerUntilMs, untilMs, this.now());
    if (lapsed === undefined) this.lease(untilMs);
    this.effectRun();
    return lapsed;
  }

  private lease(answerUntilMs: number): void {
    this.at.beforeLeaseChange();
    this.at.host.dataPath.answerUntilMs = answerUntilMs;
    this.at.host.dataPath.grantedMs = answerUntilMs - this.now();
    this.at.host.dataPath.leasedBy = this.at.life;
    this.at.afterLeaseChange();
  }
}
