import { MessageChannel } from 'node:worker_threads';
import type { AddressChange } from '../address/address-change.ts';
import { openCorrections } from '../address/corrections.ts';
import type { Config } from '../config/schema.ts';
import { type Datapath, openDatapath } from '../datapath/datapath.ts';
import { type InStepHandle, startInStep } from '../in-step/handle.ts';
import { lockMemory } from '../kernel/scheduling.ts';
import { openScripts } from '../scripts/operator.ts';
import { openAddressFilter } from './address-filter.ts';
import { type BeatHandle, startBeat } from './beat/handle.ts';
import type { BeatStatus } from './beat/messages.ts';
import { eventually, openCommands } from './commands.ts';
import { desire } from './desired.ts';
import { type EventLog, openEvents } from './events.ts';
import { FORWARD_ON_MS, takenOverWithinMs } from './handover-times.ts';
import { numberServers } from './identity.ts';
import { GONE_AFTER_MS, inStepOrders } from './in-step-orders.ts';
import { openInspection } from './inspection.ts';
import { openLoop } from './loop.ts';
import { beatOrders } from './orders.ts';
import { placedInStep } from './placed-in-step.ts';
import { poolsOf } from './pools.ts';
import { openReloader, type Reloaded } from './reload.ts';
import { NOTHING_SELECTED } from './selections.ts';
import type { SyncShown } from './show-sync.ts';
import { placedDirectly } from './slot-placing.ts';
import { serve } from './socket.ts';
import { composeStatus } from './status.ts';

/** Where the daemon's words go. */
export interface Log {
  info(detail: Record<string, unknown>, text: string): void;
  warn(detail: Record<string, unknown>, text: string): void;
  level: string;
}

export interface Daemon {
  /** Take up what the configuration file says by now. A bad one changes nothing; the event log says why. */
  reload(by: string): Promise<Reloaded>;
  /**
   * Hand over, withdraw, run the last scripts. The node is then without alias, data path and addresses of ours; but with
   * `keepMs` data path and addresses stay for a successor, and where there is nobody to hand over to, so does the lead, for so long.
   */
  stop(): Promise<void>;
}

export interface Start {
  /** Where the configuration was read from, and is read again for a reload. */
  file: string;
  config: Config;
  keepMs?: number;
}

/** Within that time whoever leaves all to a successor sees to it that no packet is held any more. */
const LEAVE_MS = 200;
/** Whoever stops says so often that it is not taken for hanging. */
const LIFE_SIGN_EVERY_MS = 100;

/**
 * Everything that runs, wired up.
 * @param died called when the node can go on no longer
 * @throws SyscallError where the data path or the control socket cannot be had; nothing of ours is then left behind
 */
export async function startDaemon(start: Start, log: Log, died: (error: Error) => void): Promise<Daemon> {
  const { config, keepMs } = start;
  const orders = beatOrders(config);
  const events = openEvents((detail, event) => log.info(detail, event));
  const problem = (text: string) => log.warn({ problem: text }, 'problem');
  const corrections = openCorrections();
  const corrected = (change: AddressChange) => events.add('address', { ...corrections.note(change) });
  const scripts = openScripts(config.scripts, (end) => events.add('script', { ...end }));
  const syncPorts = config.sync === 'off' ? undefined : new MessageChannel();
  const beat = startBeat(
    { ...orders, ...(keepMs !== undefined && { keepMs }), ...(syncPorts && { syncPort: syncPorts.port1 }) },
    {
      entered: ({ atMs, ...change }) => {
        events.add('state', change, atMs);
        scripts.entered({ ...change, atMs });
      },
      pathChanged: ({ atMs, ...change }) => events.add('path', change, atMs),
      witnessChanged: ({ atMs, ...change }) => events.add('witness', change, atMs),
      problem,
      differs: (sections) => events.add('configuration', { differs: sections }),
      conflict: (conflict) => events.add('conflict', { ...conflict }),
      corrected,
      died,
    },
  );
  const event = (name: string, detail: Record<string, unknown>) => events.add(name, detail);
  const starting = syncPorts && startInStep(syncPorts.port2, { event, problem, died });
  const memoryLocked = lockMemory();
  const datapath = await openOrStop(() => datapathFor(config, problem), starting);
  beat.useLease(datapath.leaseFd);
  const addressFilter = openAddressFilter(config, { event, problem });
  const inStep = starting && (await beginInStep(starting, config, datapath, { secrets: orders.secrets, problem }));
  const placing = inStep ? placedInStep(datapath, inStep) : placedDirectly(datapath);
  const loop = openLoop(config, datapath, placing, {
    facts: (facts) => beat.report(facts),
    event,
    corrected,
    problem,
  });
  let inForce = config;
  const reloader = openReloader({
    file: start.file,
    inForce: { config, orders },
    apply: async (next) => {
      inForce = next.config;
      log.level = inForce.log.level;
      scripts.use(inForce.scripts);
      addressFilter.widen(inForce);
      loop.use(inForce);
      addressFilter.use(inForce);
      inStep?.useSecrets(next.orders.secrets);
      await beat.use(next.orders);
    },
    event,
  });
  const status = async () =>
    composeStatus({
      config: inForce,
      beat: await beat.status(),
      datapath,
      loop,
      corrections: corrections.all(),
      memoryLocked,
      inStep: await inStep?.status(),
    });
  const inspection = openInspection({
    config: () => inForce,
    datapath,
    servers: () => loop.desired()?.tables.servers ?? [],
  });
  const sync = async (compares: boolean): Promise<SyncShown> => ({
    ...(inStep ? {} : { off: config.sync === 'off' ? 'sync is off' : 'the data path in user space holds no packet' }),
    peer: config.peer.name,
    beat: (await beat.status()).sync,
    inStep: (await (compares ? inStep?.compare() : inStep?.status())) ?? null,
    notKept: inForce.services.filter(({ persistence }) => persistence !== undefined).map(({ name }) => name),
  });
  const commands = openCommands({ beat, status, sync, events, reloader, inspection });
  const door = await serve(config.control.socket, commands).catch(async (error) => {
    await inStep?.stop();
    loop.withdraw();
    addressFilter.remove();
    throw error;
  });
  const stop = async () => {
    setInterval(() => void beat.status(), LIFE_SIGN_EVERY_MS).unref();
    door.close();
    if (keepMs === undefined) {
      if (await handOver(beat, inForce, () => beat.request('stop')))
        await new Promise((resolve) => setTimeout(resolve, FORWARD_ON_MS));
      await inStep?.stop();
      loop.withdraw();
      addressFilter.remove();
    } else {
      // A script may take its time, and the lease that is left for the successor must not wait for it.
      await scripts.idle();
      await inStep?.leave(LEAVE_MS);
      await handOver(beat, inForce, () => leave(beat, keepMs, events));
      await inStep?.stop();
      loop.leave();
      addressFilter.leave();
    }
    await scripts.idle();
  };
  return { stop, reload: reloader.reload };
}

/** What was started before is ended where the data path cannot be had. */
async function openOrStop(open: () => Datapath, starting: InStepHandle | undefined): Promise<Datapath> {
  try {
    return open();
  } catch (error) {
    await starting?.stop();
    throw error;
  }
}

/** Undefined where the data path holds nothing: then the thread is not needed. */
async function beginInStep(
  starting: InStepHandle,
  config: Config,
  datapath: Datapath,
  { secrets, problem }: { secrets: readonly Uint8Array[]; problem(text: string): void },
): Promise<InStepHandle | undefined> {
  const heldFlows = datapath.heldFlowsParts?.();
  if (!heldFlows || config.sync === 'off') {
    problem('The data path in user space holds no packet, so the pair is not in step');
    await starting.stop();
    return undefined;
  }
  const { leaseFd, adopted } = datapath;
  const link = inStepOrders(config, config.sync, secrets);
  starting.begin({ link, heldFlows, leaseFd, goneAfterMs: GONE_AFTER_MS, adopted });
  return starting;
}

/** On tables that are new, the cluster addresses are guarded before the first frame comes in. */
function datapathFor(config: Config, problem: (text: string) => void): Datapath {
  const ids = numberServers(config.servers, [], config.datapath.maxServers);
  const nothing = { hardware: new Map(), pools: poolsOf(config, ids), selected: NOTHING_SELECTED };
  return openDatapath({
    ...config.datapath,
    maxExceptions: config.sync === 'off' ? 0 : config.sync.maxExceptions,
    accessInterfaces: [config.access.interface, ...config.access.furtherInterfaces],
    serverInterfaces: [config.server.interface, ...config.server.furtherInterfaces],
    first: desire(config, { ids, ...nothing }).tables,
    problem,
  });
}

/** Stop so that the peer leads. @returns whether this node led before, and the peer has taken over */
async function handOver(
  beat: BeatHandle,
  config: Config,
  stop: () => Promise<{ status: BeatStatus; kept?: true }>,
): Promise<boolean> {
  const before = await beat.status();
  const { status, kept } = await stop();
  if (kept || before.state !== 'active' || !status.peer.alive) return false;
  // What completes its log first lets go at the end of that.
  await eventually(beat, ({ sync }) => !sync?.isCompleting);
  return eventually(beat, ({ peer }) => peer.state === 'active', takenOverWithinMs(config.heartbeat.intervalMs));
}

async function leave(beat: BeatHandle, keepMs: number, events: EventLog) {
  const left = await beat.leave(keepMs);
  if (left.kept) events.add('kept', { forMs: keepMs });
  return left;
}
