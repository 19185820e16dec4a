import type { Standing } from '../beat.ts';
import { peerCouldLead } from '../election.ts';
import { syncState } from '../in-step.ts';
import { type Effect, type Event, type Facts, type Role, standing } from '../state.ts';
import { named, nobody, type Witness } from '../witness.ts';
import { type Executor, openExecutor } from './executor.ts';
import { type Loop, openLoop } from './loop.ts';
import { type MainThread, openMainThread } from './main-thread.ts';
import type { PathName } from './network.ts';
import { type Mail, openTalk, type Talk } from './news.ts';
import type { Overheard, Surroundings } from './surroundings.ts';

const LINK_LOOK_MS = 20;
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
  readonly main: MainThread;
  private readonly executor: Executor;
  private lookAtMs = 0;
  /** What came to the ARP socket since the last tick, or to the data path alone. */
  private arp: Overheard[] = [];
  private witness: Witness = nobody;
  /** Alias and lease are those of an earlier life, until it is decided what becomes of them. */
  private hasInherited: boolean;

  constructor(at: Surroundings) {
    this.at = at;
    this.talk = openTalk(at.life);
    this.loop = openLoop<() => void>(
      (read) => read(),
      () => this.tick(),
    );
    this.main = openMainThread(at, {
      loop: this.loop,
      nowMs: () => this.now(),
      facts: () => this.role.facts,
      report: (facts, reportedAtMs) => this.factsChanged(facts, reportedAtMs),
      opened: () => this.opened(),
    });
    this.executor = openExecutor(at, {
      beat: (said) => this.sayOf(said, this.leaseLeftMs()),
      witness: () => this.witness,
      stall: (ms) => this.stall(ms),
    });
    this.hasInherited = at.host.answers();
    at.host.dataPath.alias = this.hasInherited;
    this.role = at.machine.begin(at.host.clockMs(), at.settings);
    at.entered({ state: 'initial', previous: 'initial', reason: this.role.reason, atMs: this.role.sinceMs });
    this.factsChanged({ stations: at.stations, ...(at.sync.takesPart && { sync: { isPeerInStep: false } }) });
    this.lookAround();
    this.schedule(at.host.clockMs());
    this.main.start();
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

  ask(type: 'AskedToLead' | 'AskedToStandBy' | 'AskedToStop', force?: true): void {
    this.loop.post(() => this.happened({ type, atMs: this.now(), ...(force && { force }) }));
  }

  inStepChanged(isPeerInStep: boolean): void {
    this.factsChanged({ sync: { isPeerInStep } });
  }

  logCompleted(isInStep: boolean): void {
    this.happened({ type: 'LogCompleted', atMs: this.now(), isInStep });
  }

  /** As `leave`: where nobody else could lead, a lease of so long is left, and this life is over. @returns whether it is */
  leave(keepMs: number): boolean {
    const { host, settings, machine } = this.at;
    if (this.role.state.name !== 'active' || peerCouldLead(this.role, this.now(), settings)) return false;
    const lapsed = machine.whyNotRenewable(host.dataPath.answerUntilMs, this.now() + keepMs, this.now());
    if (lapsed !== undefined) return false;
    for (let beats = 0; beats < 3; beats++) this.sayOf(standing(this.role, this.now(), settings), keepMs);
    this.executor.lease(this.now() + keepMs);
    return true;
  }

  /** Whether what the data path has may differ from what the role says. */
  hasInheritedLease(): boolean {
    return this.hasInherited;
  }

  addressRefusalsChanged(): void {
    this.loop.post(() => this.factsChanged({ refusedAlias: this.at.refusedAlias() }));
  }

  /** Stands still for a while, as soon as it has run so many more effects: in the midst of a step. */
  stallInside(afterEffects: number, ms: number): void {
    this.executor.stallInside(afterEffects, ms);
  }

  stall(ms: number): void {
    this.loop.halt();
    this.at.beforeLeaseChange();
    this.at.agenda.at(this.at.agenda.nowMs() + ms, () => {
      this.at.beforeLeaseChange();
      this.main.stalled();
      this.loop.goOn();
    });
  }

  private now(): number {
    return this.at.host.clockMs();
  }

  /** As `useLease`: what an earlier life left is dropped; this one has yet to be elected. */
  private opened(): void {
    this.executor.opened();
    if (!this.hasInherited) this.at.host.dataPath.answerUntilMs = 0;
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
      () => this.main.lookAtTargets(),
    );
  }

  private lookAtLinks(): void {
    this.looked = { downLinks: this.at.downLinks(), unguarded: this.at.unguarded(), absent: this.at.absent() };
    const { facts } = this.role;
    if (JSON.stringify({ ...facts, ...this.looked }) !== JSON.stringify(facts)) this.factsChanged(this.looked);
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
      const { state, sinceMs } = this.role;
      const endsMs = state.name === 'active' ? state.leaseEndsMs : 0;
      lost = this.executor.run(effect, { endsMs, firstByMs: sinceMs + this.at.settings.intervalMs }, said);
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
    const more = { accessMac, services, ...syncState(this.role, this.at.sync.reign(), this.now()) };
    this.at.beat(this.talk.compose(this.now(), said, { extension: { ...extension, ...more } }));
  }
}
