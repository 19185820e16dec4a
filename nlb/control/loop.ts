import type { AddressChange } from '../address/address-change.ts';
import type { Config } from '../config/schema.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { keepUntilRemoved } from '../datapath/tables/tables.ts';
import { type LinkEvent, listenToLinks } from '../kernel/link-events.ts';
import type { SlowFacts } from './beat/messages.ts';
import { type Desired, desire } from './desired.ts';
import { startExpiry } from './expiry.ts';
import { openHealth, type Verdicts } from './health.ts';
import { openServerNumbers } from './identity.ts';
import { inheritedHardware, inheritedVerdicts } from './inherit.ts';
import { attachedOf, watchInterfaces } from './interface-watch.ts';
import { openKernelState } from './kernel-state.ts';
import { watchNeighbours } from './neighbour-watch.ts';
import { watchPasses } from './pass-watch.ts';
import { type Pool, poolsOf } from './pools.ts';
import { type Reach, verdictsKept, watchReach } from './reach.ts';
import { openReachProbes } from './reach-probes.ts';
import { isReady } from './readiness.ts';
import { openSelections } from './selections.ts';
import type { SlotPlacing } from './slot-placing.ts';

/**
 * The slow path: looks at what is, computes what should be, and does the difference, again and again. The only holder of
 * time and state; a pass that fails is simply run again from what is really there.
 */
export interface Loop {
  /** What the last pass wanted. */
  desired(): Desired | undefined;
  verdicts: Verdicts;
  reach(): Reach;
  /** Work by another configuration from now on. What it leaves as it is, is not touched. */
  use(config: Config): void;
  /** No more passes; takes our cluster addresses off the loopback, and then the data path away. */
  withdraw(): void;
  /** No more passes; what the kernel has stays as it is, for a successor. */
  leave(): void;
}

export interface LoopHooks {
  /** Called with each pass, whether they have changed or not: their age says whether this thread is still at work. */
  facts(facts: SlowFacts): void;
  event(name: string, detail: Record<string, unknown>): void;
  /** What somebody else did to an address of ours was undone. */
  corrected(change: AddressChange): void;
  problem(text: string): void;
}

const PASS_EVERY_MS = 100;
/** What somebody else does to an address of ours is undone within a pass's time, so it is looked for more often. */
const LISTEN_EVERY_MS = 20;
/** How long selections are worked at before checks have their turn again. */
const SLICE_MS = 2;

export function openLoop(first: Config, datapath: Datapath, placing: SlotPlacing, hooks: LoopHooks): Loop {
  const earlier = datapath.actual();
  const selections = openSelections(placing.openShelf);
  const startedMs = performance.now();
  const neighbours = watchNeighbours(inheritedHardware(earlier, startedMs));
  const kernel = openKernelState(datapath, hooks);
  let config = first;
  const numbers = openServerNumbers(config.servers, earlier.servers, first.datapath.maxServers);
  let pools: Pool[] = [];
  let desired: Desired | undefined;
  /** Whether the data path has the pools that are worked at. */
  let pooled = false;
  let facts: SlowFacts | undefined;
  const failing = new Map<string, string>();
  /** Whether the part of the pass before the selections did not fail. */
  let looked = false;
  /** Whether the servers are checked: not while their interface has no carrier, which says nothing of them. */
  let checking = true;
  let [soon, next]: [NodeJS.Immediate | undefined, NodeJS.Immediate | undefined] = [undefined, undefined];

  const passes = watchPasses((change) => hooks.event('pass', change));
  const interfaceChanges = watchInterfaces();

  const health = openHealth(inheritedVerdicts(config, earlier, numbers.ids()), (check, verdict) => {
    selections.judged(check);
    hooks.event('health', { check, healthy: verdict.healthy, ...(verdict.why !== undefined && { why: verdict.why }) });
    // Until the node is ready that waits for nothing: not for the next look at where the server is, either.
    if (facts?.ready) next ??= setImmediate(slice);
    else soon ??= setImmediate(pass);
  });

  const lookFurther = (verdicts?: Reach['verdicts']): Reach =>
    watchReach(config.reach, {
      probes: openReachProbes(config),
      changed: ({ name, address }, { healthy, why }) => {
        hooks.event('reach', { target: name, address, met: healthy, ...(why !== undefined && { why }) });
        soon ??= setImmediate(pass);
      },
      ...(verdicts && { verdicts }),
    });
  let reach = lookFurther();

  /** First of all in a pass, and whatever else fails in it: an interface without the data path is one too many. */
  function followInterfaces(): void {
    for (const change of datapath.follow()) hooks.event('table', { change });
    for (const change of interfaceChanges(datapath.interfaces())) hooks.event('interface', { ...change });
  }

  /** The verdicts of before stand until a link is back, and then everything is checked at once. */
  function followServerLink(): void {
    if (neighbours.isLinked() === checking) return;
    checking = neighbours.isLinked();
    if (checking) health.watch(config);
    else health.stop();
  }

  /** Of the configured interfaces, by name or, where it has another one now, by number. */
  function isOurs({ name, ifindex }: LinkEvent): boolean {
    return datapath.interfaces().some((known) => known.device === name || known.ifindex === ifindex);
  }

  const listen = () => {
    if (kernel.isDoubtful()) soon ??= setImmediate(pass);
  };

  function factsOf(wanted: Desired): SlowFacts {
    const healthyServers = wanted.serving.size;
    const firstLook = { verdicts: health.verdicts, healthyServers, reachJudged: reach.isJudged() };
    const ready = facts?.ready || (placing.isPlaced() && isReady(firstLook, performance.now() - startedMs));
    const targets = Object.fromEntries([...reach.verdicts].map(([name, { healthy }]) => [name, healthy]));
    const attached = attachedOf(datapath.interfaces());
    const services = selections.badlyServed();
    const refusedClusters = kernel.refused();
    return { ready, healthyServers, targets, services, attached, unresolved: neighbours.unresolved(), refusedClusters };
  }

  /** While passes fail, the facts are those of the last that did not. */
  function tellFacts(): void {
    const passFailure = passes.failure();
    if (facts) hooks.facts({ ...facts, ...(passFailure !== undefined && { passFailure }) });
  }

  /** Says what fails, once as long as the reason is the same. @returns whether it did not */
  function attempt(act: () => void, what = 'the pass'): boolean {
    try {
      act();
      failing.delete(what);
      return true;
    } catch (error) {
      pooled = false;
      const text = error instanceof Error ? error.message : String(error);
      passes.failed(text, performance.now());
      if (text !== failing.get(what)) hooks.problem(text);
      failing.set(what, text);
      return false;
    }
  }

  function pass(): void {
    soon = undefined;
    const followed = attempt(followInterfaces, 'the interfaces');
    looked = attempt(() => {
      neighbours.look(config, selections.failing());
      followServerLink();
      selections.located(neighbours.hardware());
      // A server that has come is there before a slot names it; one that has gone stays until none does.
      if (pooled && selections.isBusy()) kernel.realise(untilSelected(wantedNow()));
    }, 'the look around');
    looked &&= followed;
    slice();
  }

  const untilSelected = (wanted: Desired): Desired => {
    const servers = keepUntilRemoved(wanted.tables.servers, desired?.tables.servers ?? []);
    return { ...wanted, tables: { ...wanted.tables, servers } };
  };

  const selected = placing.hasSlots ? selections : { ...selections, slotsOf: () => undefined };
  const desireNow = (): Desired =>
    desire(config, { ids: numbers.ids(), hardware: neighbours.hardware(), pools, selected });
  function wantedNow(): Desired {
    const wanted = desireNow();
    return placing.renumbers && numbers.look(wanted.tables.servers) ? desireNow() : wanted;
  }

  /** Some of what there is to do for the selections, and once all is done, the rest of what is wanted. */
  function slice(): void {
    clearImmediate(next);
    next = undefined;
    attempt(() => {
      const changed = selections.work(health.verdicts, SLICE_MS);
      if (pooled || !placing.hasSlots) for (const change of placing.place(changed)) hooks.event('table', { change });
      if (selections.isBusy()) {
        next = setImmediate(slice);
        return;
      }
      const wanted = wantedNow();
      kernel.realise(wanted);
      placing.written(wanted, pools);
      pooled = true;
      desired = wanted;
      facts = factsOf(desired);
      if (looked) passes.succeeded(performance.now());
    });
    tellFacts();
  }

  function use(next: Config): void {
    numbers.use(next.servers);
    const before = config.reach;
    config = next;
    if (JSON.stringify(config.reach) !== JSON.stringify(before)) {
      reach.stop();
      reach = lookFurther(verdictsKept(before, config.reach, reach.verdicts));
    }
    if (checking) health.watch(config);
    usePools();
    pass();
  }

  /** Until all of them have been looked at, the data path goes by what it has. */
  function usePools(): void {
    pools = poolsOf(config, numbers.ids(), placing.sharesPools);
    pooled = false;
    selections.use(pools);
  }

  health.watch(config);
  usePools();
  pass();
  const timers = [setInterval(pass, PASS_EVERY_MS), setInterval(listen, LISTEN_EVERY_MS)];
  const links = listenToLinks((events) => {
    if (events === undefined || events.some(isOurs)) soon ??= setImmediate(pass);
  });
  const expiry = startExpiry(datapath, hooks.problem);
  const rest = () => {
    expiry.stop();
    links.close();
    for (const timer of timers) clearInterval(timer);
    clearImmediate(soon);
    clearImmediate(next);
    health.stop();
    reach.stop();
  };
  return {
    desired: () => desired,
    verdicts: health.verdicts,
    reach: () => reach,
    use,
    withdraw: () => {
      rest();
      kernel.withdraw();
    },
    leave: () => {
      rest();
      datapath.abandon();
    },
  };
}
