import type { Standing } from '../beat.ts';
import type { leaseRefusal } from '../renewal.ts';
import type { begin, nextTickInMs, step } from '../role.ts';
import type { Settings } from '../settings.ts';
import { type Effect, type Entry, type Event, type Facts, type Role, standing } from '../state.ts';
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import type { Host, LeaseClock } from './host.ts';
import { type Loop, openLoop } from './loop.ts';
import type { PathName } from './network.ts';
import { fresh, type Mail, type News, noNews } from './news.ts';

/** The role machine, or one that was broken to see the model go red. */
export interface Machine {
  begin: typeof begin;
  step: typeof step;
  nextTickInMs: typeof nextTickInMs;
  leaseRefusal: typeof leaseRefusal;
  /** By which clock the data path judges the lease, and the daemon. */
  leaseClock: LeaseClock;
}

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
  downLinks(): string[];
  /** Which reach targets answer now. */
  targets(): Record<string, boolean>;
  beat(mail: Mail): void;
  askAddress(): void;
  announce(): void;
  entered(entry: Entry): void;
  /** The data path's lease is about to be set, or the daemon has just stopped listening, or is about to go on. */
  claims(): void;
  /** The data path's lease was just set, or the alias. */
  claimed(): void;
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
  readonly loop: Loop<Mail>;
  role: Role;
  private news: News = noNews;
  private sent = 0;
  private leaseOpen = false;
  private lookAtMs = 0;
  /** Looks in a row that speak against what is known of the targets. */
  private contraryLooks = 0;
  /** What came to the ARP socket since the last tick. */
  private arp: ('AddressAnswered' | 'AddressAsked')[] = [];
  /** How many faults hang the main thread, and since when it and the beat have both been so. */
  private hangs = 0;
  private hungSinceMs = Number.POSITIVE_INFINITY;
  private stallAfterEffects = 0;
  private stallMs = 0;

  constructor(at: Surroundings) {
    this.at = at;
    this.loop = openLoop<Mail>(
      (mail) => this.read(mail),
      () => this.tick(),
    );
    at.host.dataPath.alias = false;
    this.role = at.machine.begin(at.host.clockMs(), at.settings);
    at.entered({ state: 'initial', previous: 'initial', reason: this.role.reason, atMs: this.role.sinceMs });
    this.lookAround();
    this.schedule(at.host.clockMs());
    at.agenda.at(at.agenda.nowMs() + at.chance.between(...READY_AFTER_MS), () => this.loop.post(() => this.ready()));
  }

  receive(path: PathName, mail: Mail): void {
    this.loop.receive(path, mail);
  }

  overheard(what: 'AddressAnswered' | 'AddressAsked'): void {
    this.arp.push(what);
  }

  refused(): void {
    this.loop.post(() => this.happened({ type: 'Refused', atMs: this.now() }));
  }

  ask(type: 'AskedToLead' | 'AskedToStandBy' | 'AskedToStop'): void {
    this.loop.post(() => this.happened({ type, atMs: this.now() }));
  }

  serversChanged(): void {
    if (this.hangs > 0) return;
    const toldAtMs = this.now();
    this.loop.post(() => this.factsChanged({ healthyServers: this.at.healthyServers() }, toldAtMs));
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

  /** Stands still for a while, as soon as it has run so many more effects: in the midst of a step. */
  stallInside(afterEffects: number, ms: number): void {
    this.stallAfterEffects = afterEffects;
    this.stallMs = ms;
  }

  stall(ms: number): void {
    this.loop.halt();
    this.at.claims();
    this.at.agenda.at(this.at.agenda.nowMs() + ms, () => {
      this.at.claims();
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
    this.at.host.dataPath.answerUntilMs = 0;
    const facts = { ready: true, healthyServers: this.at.healthyServers(), targets: this.at.targets() };
    this.factsChanged(facts, this.now());
    this.tell();
  }

  /** The main thread, again and again. */
  private tell(): void {
    if (this.loop.isEnded()) return;
    if (!this.loop.isHalted()) this.serversChanged();
    this.at.agenda.at(this.at.agenda.nowMs() + TELL_EVERY_MS, () => this.tell());
  }

  private factsChanged(facts: Partial<Facts>, toldAtMs?: number): void {
    const told = toldAtMs === undefined ? {} : { toldAtMs };
    this.happened({ type: 'FactsChanged', atMs: this.now(), facts: { ...this.role.facts, ...facts }, ...told });
  }

  private read(mail: Mail): void {
    const next = fresh(this.news, mail);
    if (!next) return;
    this.news = next;
    this.happened({ type: 'Heard', atMs: this.now(), from: mail.standing });
  }

  private tick(): void {
    const overheard = this.arp.map((type) => () => this.happened({ type, atMs: this.now(), mac: 'the peer' }));
    this.arp = [];
    this.loop.first(
      ...overheard,
      () => this.lookAround(),
      () => this.happened({ type: 'Ticked', atMs: this.now() }),
      () => this.scheduleNext(),
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
    const downLinks = this.at.downLinks();
    if (downLinks.join() !== this.role.facts.downLinks.join()) this.factsChanged({ downLinks });
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
    const told = effects.includes('beat') ? standing(role, event.atMs, this.at.settings) : undefined;
    let lost: string | undefined;
    const perform = (effect: Effect) => {
      if (lost !== undefined) return;
      lost = this.run(effect, told);
      if (lost === undefined) return;
      const why = lost;
      this.loop.first(() => this.happened({ type: 'LeaseLost', atMs: this.now(), why }));
    };
    const done = () => lost === undefined && this.at.stepped(this);
    this.loop.first(...effects.map((effect) => () => perform(effect)), done);
  }

  /** Gives why the lease was not renewed; what was to be done after that is left. */
  private run(effect: Effect, told: Standing | undefined): string | undefined {
    const { host } = this.at;
    const { state } = this.role;
    switch (effect) {
      case 'beat':
        if (told) this.at.beat({ standing: told, life: this.at.life, counter: ++this.sent });
        break;
      case 'renewLease':
        return this.renew(state.name === 'active' ? state.leaseEndsMs : 0);
      case 'dropLease':
        if (this.leaseOpen) this.lease(0);
        break;
      case 'addAlias':
        host.dataPath.alias = true;
        this.at.claimed();
        break;
      case 'removeAlias':
        host.dataPath.alias = false;
        break;
      case 'announce':
        this.at.announce();
        break;
      case 'askAddress':
        this.at.askAddress();
    }
    this.effectRun();
    return undefined;
  }

  private effectRun(): void {
    if (this.stallAfterEffects > 0 && --this.stallAfterEffects === 0) this.stall(this.stallMs);
  }

  private renew(untilMs: number): string | undefined {
    const refusal = this.at.machine.leaseRefusal(this.at.host.dataPath.answerUntilMs, untilMs, this.now());
    if (refusal === undefined) this.lease(untilMs);
    this.effectRun();
    return refusal;
  }

  private lease(answerUntilMs: number): void {
    this.at.claims();
    this.at.host.dataPath.answerUntilMs = answerUntilMs;
    this.at.host.dataPath.leasedBy = this.at.life;
    this.at.claimed();
  }
}
