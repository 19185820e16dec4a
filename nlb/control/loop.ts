import type { Config } from '../config/schema.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { addAddress, listAddresses, removeAddress } from '../kernel/addresses.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { listNeighbours, probeNeighbour } from '../kernel/neighbours.ts';
import type { SlowFacts } from './beat/mail.ts';
import { type Desired, desire, openSelector } from './desired.ts';
import { type Verdicts, watchAll } from './health.ts';
import { numberServers } from './identity.ts';
import { doubtful, type HardwareAddresses, remember } from './neighbours.ts';
import { type Reach, watchReach } from './reach.ts';
import { openWays } from './reach-ways.ts';
import { reconcileLoopback } from './reconcile.ts';

/**
 * The slow path: looks at what is, computes what should be, and does the difference, again and again. The only holder of
 * time and state; a pass that fails is simply run again from what is really there.
 */
export interface Loop {
  /** What the last pass wanted. */
  desired(): Desired | undefined;
  verdicts: Verdicts;
  reach: Reach;
  /** No more passes; takes our cluster addresses off the loopback, and then the data path away. */
  withdraw(): void;
}

export interface LoopHooks {
  /** Told whenever they change. */
  facts(facts: SlowFacts): void;
  event(name: string, detail: Record<string, unknown>): void;
  problem(text: string): void;
}

const PASS_EVERY_MS = 100;
/** RFC 1122 section 2.3.2.1: no more than one ARP request a second for one address. */
const ASK_EVERY_MS = 1000;
/** How long a node that has just started waits for the verdict on its servers and reach targets before it may lead without. */
const FIRST_VERDICTS_MS = 1000;

export function openLoop(config: Config, datapath: Datapath, hooks: LoopHooks): Loop {
  const ids = numberServers(config.servers, datapath.actual().servers);
  const select = openSelector();
  const startedMs = performance.now();
  const askedMs = new Map<string, number>();
  let hardware: HardwareAddresses = new Map();
  let desired: Desired | undefined;
  let applied = '';
  let told = '';
  let failing = '';
  let soon: NodeJS.Immediate | undefined;

  const health = watchAll(config, (check, verdict) => {
    hooks.event('health', { check, healthy: verdict.healthy, ...(verdict.why !== undefined && { why: verdict.why }) });
    soon ??= setImmediate(pass);
  });

  const reach = watchReach(config.reach, {
    ways: openWays(config),
    changed: ({ name, address }, { healthy, why }) => {
      hooks.event('reach', { target: name, address, met: healthy, ...(why !== undefined && { why }) });
      soon ??= setImmediate(pass);
    },
  });

  function lookAtNeighbours(): void {
    const leg = findInterface(config.server.interface);
    if (leg === undefined) return;
    const nowMs = performance.now();
    const seen = listNeighbours(leg.ifindex);
    hardware = remember(hardware, seen, nowMs);
    const addresses = config.servers.map(({ address }) => address);
    for (const address of doubtful(addresses, seen)) {
      if (nowMs - (askedMs.get(address) ?? -ASK_EVERY_MS) < ASK_EVERY_MS) continue;
      askedMs.set(address, nowMs);
      if (leg.running) probeNeighbour(leg.ifindex, address);
    }
  }

  /** The data path comes first: from the moment that the loopback holds the address, the stack would answer for it. */
  function realise(wanted: Desired): void {
    const { services, ...rest } = wanted.tables;
    const key = JSON.stringify([rest, services.map(({ slots, ...service }) => [service, slotsKey(slots)])]);
    if (key !== applied) {
      applied = '';
      for (const change of datapath.apply(wanted.tables)) hooks.event('table', { change });
      applied = key;
    }
    realiseLoopback(wanted.loopback);
  }

  const slotNumbers = new WeakMap<Int32Array, number>();
  let tablesBuilt = 0;
  function slotsKey(slots: Int32Array): number {
    const number = slotNumbers.get(slots) ?? ++tablesBuilt;
    slotNumbers.set(slots, number);
    return number;
  }

  function realiseLoopback(wanted: readonly string[]): void {
    const loopback = findInterface('lo');
    if (loopback === undefined) return;
    for (const { change, address } of reconcileLoopback(wanted, listAddresses(), loopback.ifindex)) {
      if (change === 'add') addAddress(address);
      else removeAddress(address);
      hooks.event('loopback', { change, address: address.address });
    }
  }

  function tellFacts(wanted: Desired): void {
    const healthyServers = wanted.tables.servers.filter(({ usable }) => usable).length;
    const judged = [...health.verdicts.values()].every((verdict) => verdict !== undefined);
    const lookedAround = (healthyServers > 0 || judged) && reach.isJudged();
    const ready = lookedAround || performance.now() - startedMs > FIRST_VERDICTS_MS;
    const targets = Object.fromEntries([...reach.verdicts].map(([name, { healthy }]) => [name, healthy]));
    const facts = { ready, healthyServers, targets };
    if (JSON.stringify(facts) === told) return;
    told = JSON.stringify(facts);
    hooks.facts(facts);
  }

  function pass(): void {
    soon = undefined;
    try {
      lookAtNeighbours();
      desired = desire(config, { ids, hardware, verdicts: health.verdicts }, select);
      realise(desired);
      tellFacts(desired);
      failing = '';
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== failing) hooks.problem(text);
      failing = text;
    }
  }

  pass();
  const timer = setInterval(pass, PASS_EVERY_MS);
  return {
    desired: () => desired,
    verdicts: health.verdicts,
    reach,
    withdraw: () => {
      clearInterval(timer);
      clearImmediate(soon);
      health.stop();
      reach.stop();
      realiseLoopback([]);
      datapath.remove();
    },
  };
}
