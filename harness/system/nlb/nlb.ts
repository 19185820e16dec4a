import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PromiseBroken } from '../../clock/until.ts';
import type { LabNode } from '../../node/node.ts';
import { commitOf, PROJECT } from '../commits.ts';
import { type Role, type System, systemWith } from '../system.ts';
import { journalFile, LAB_HEARTBEAT, socketFile, stateScript, writeConfiguration } from './configuration.ts';
import { dropsIn } from './drops.ts';
import { answerAt, type StatusSaid, statusAt } from './socket.ts';
import { unpackVersion } from './versions.ts';

const STATES: Role[] = ['initial', 'active', 'standby', 'inop'];

/** Where the configuration names none. */
const HEARTBEAT_PORT = 4694;
const SYNC_PORT = 4695;
/** Only the last of the announcements after a takeover comes so long after the one before it. */
const LAST_GAP_MS = 1000;
/** The daemon's log, among a node's. */
const LOG = 'nlbd';
const EVENTS = ['nlbctl', 'events'];
/** Loaded before the daemon: its main thread can be held up by signals. */
const HOLDABLE = { NODE_OPTIONS: `--import=${path.join(import.meta.dirname, 'block-main.ts')}` };

/** Our own load balancer, seen from outside: `nlbd`, `nlbctl` and a configuration file. */
export const nlb: System = systemWith(
  {
    name: 'nlb',
    version: () => {
      const { version } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string };
      const commit = commitOf('HEAD');
      return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`;
    },
    missing: () => undefined,
    commands: path.join(PROJECT, 'nlb', 'bin'),
    statusCommand: 'nlbctl status',
    labels: { alias: 'access:nlbs', loopback: 'lo:nlb' },
    deadAfterMs: LAB_HEARTBEAT.deadAfterMs,
    environment: (node, { folder }) => ({ NLB_SOCKET: socketFile(folder, node) }),
    start: (node, setup) => {
      const file = writeConfiguration(node, setup);
      const program = setup.commands === undefined ? 'nlbd' : path.join(setup.commands, 'nlbd');
      const words = [program, '--config', file, ...(setup.keeps ? ['--keep'] : [])];
      return node.start(LOG, words, setup.holdable ? HOLDABLE : {});
    },
    lacksBy: {
      userspace: {
        inStep: 'packets that wait for the other node’s acknowledgement are held by the programs in the kernel alone',
      },
    },
    dataPath: async (node) => (await saidBy(node))?.datapath.mode,
  },
  {
    role: async (node) => {
      const status = await saidBy(node);
      return STATES.find((role) => role === status?.state);
    },
    fitness: async (node) => (await saidBy(node))?.fitness === 'fit',
    handover: { standBy: (node) => order(node, 'standby'), takeOver: (node) => order(node, 'takeover') },
    reload: async (node, setup) => {
      writeConfiguration(node, setup);
      await reload(node);
    },
    stateScripts: { script: stateScript, journal: journalFile, stateVariable: 'NLB_STATE' },
    eventLog: { read: EVENTS, follow: [...EVENTS, '--follow'] },
    stampedLog: {
      label: LOG,
      lastStampMs: (log) => Date.parse([...log.matchAll(/"time":"([^"]+)"/g)].at(-1)?.[1] ?? ''),
    },
    heartbeats: { sentTo: HEARTBEAT_PORT, match: `udp dport ${HEARTBEAT_PORT}`, legs: ['access', 'server'] },
    standbyBeats: true,
    signedHeartbeats: { port: HEARTBEAT_PORT },
    refusals,
    drops: async (node) => {
      const status = await saidBy(node);
      return status && { counts: dropsIn(status.datapath), life: String(status.pid), anew: !status.datapath.adopted };
    },
    witness: true,
    lease: true,
    // Where two have spoken for it, the one that leads begins anew, so their number says nothing.
    announcements: (atMs) => (atMs.at(-1) ?? 0) - (atMs.at(-2) ?? Number.POSITIVE_INFINITY) >= LAST_GAP_MS,
    defence: true,
    healthChecks: true,
    neighbours: true,
    weights: true,
    draining: true,
    serving: async (node) => {
      const status = await saidBy(node);
      return status && Object.fromEntries(status.services.map(({ name, servers }) => [name, servers]));
    },
    reachTargets: true,
    failback: true,
    holdDown: true,
    keeps: true,
    furtherInterfaces: true,
    inStep: {
      isSo: async (node) => {
        const inStep = (await saidBy(node))?.inStep;
        return inStep?.part === 'leads' && inStep.isInStep;
      },
      mayChange: async (node) => {
        const inStep = (await saidBy(node))?.inStep;
        return inStep?.part === 'leads' && inStep.isInStep && inStep.graceLeftMs === 0;
      },
      wasInStep,
      compare,
      match: `udp dport ${SYNC_PORT}`,
    },
    mainThread: {
      log: LOG,
      socket: ({ home }) => home.env.NLB_SOCKET ?? '',
      statusRequest: '{"command":"status"}\n',
      followRequest: '{"command":"follow"}\n',
    },
    versions: unpackVersion,
  },
  {},
);

const saidBy = (node: LabNode): Promise<StatusSaid | undefined> => statusAt(node.home.env.NLB_SOCKET ?? '');

/** A requirement is about these numbers as the operator sees them, so they are read as he reads them. */
async function refusals(node: LabNode): Promise<Record<string, number>> {
  const { peer, datapath } = await statusOf(node);
  const dropped = (outcome: string) => datapath.outcomes[outcome]?.packets ?? 0;
  const tooMany = (peer.refused['too many'] ?? 0) + dropped('DROPPED_BEAT_FLOOD');
  return { ...peer.refused, 'no beat': dropped('DROPPED_NO_BEAT'), 'too many': tooMany };
}

interface StatusRead {
  /** What the daemon refused, and what the data path dropped before it. */
  peer: { refused: Record<string, number> };
  datapath: { outcomes: Record<string, { packets: number }> };
}

const statusOf = async (node: LabNode): Promise<StatusRead> => (await told(node, 'status')) as StatusRead;

/** What `nlbctl` tells in answer to these words. */
async function told(node: LabNode, ...words: string[]): Promise<unknown> {
  const asked = await node.run(['nlbctl', ...words, '--json']);
  if (asked.exitCode !== 0) throw new Error(`nlbctl ${words.join(' ')} on ${node.name} failed: ${asked.stderr}`);
  return JSON.parse(asked.stdout);
}

async function compare(node: LabNode): Promise<{ same: number; different: number; unanswered: number }> {
  const { inStep } = (await told(node, 'sync', '--compare')) as SyncRead;
  if (!inStep?.compared) throw new Error(`${node.name} has nobody to compare with`);
  const { same, different, unanswered } = inStep.compared;
  return { same, different, unanswered };
}

async function wasInStep(node: LabNode): Promise<boolean | undefined> {
  const read = await node.run(EVENTS);
  const events = read.stdout.split('\n').filter((line) => line !== '');
  const taken = events
    .map((line): EventRead => JSON.parse(line))
    .findLast(({ event, state }) => event === 'state' && state === 'active');
  return taken?.lost?.wasInStep ?? undefined;
}

interface EventRead {
  event: string;
  state?: string;
  lost?: { wasInStep?: boolean | null };
}

interface SyncRead {
  inStep: { compared: { same: number; different: number; unanswered: number } | null } | null;
}

/** @throws PromiseBroken when the daemon refuses: that it obeys is what it promises */
async function order(node: LabNode, word: 'standby' | 'takeover'): Promise<void> {
  const done = await node.run(['nlbctl', word]);
  if (done.exitCode !== 0)
    throw new PromiseBroken(`nlbctl ${word} on ${node.name} is obeyed; ${done.stderr || done.stdout}`, 0);
}

/** Many services take a while, and the machine may be busy. */
const RELOADS_WITHIN_MS = 10_000;

/**
 * As `nlbctl reload`, but at the socket, as statuses are asked for: weights change several times a second.
 * @throws PromiseBroken when the daemon refuses: that it obeys is what it promises
 */
async function reload(node: LabNode): Promise<void> {
  const answer = await answerAt(node.home.env.NLB_SOCKET ?? '', { command: 'reload' }, RELOADS_WITHIN_MS);
  const said = answer?.ok ? (answer.value as { outcome: string; problems: string[] }) : undefined;
  const why = answer?.ok === false ? answer.error : said?.outcome === 'refused' ? said.problems.join('; ') : undefined;
  if (answer === undefined || why !== undefined)
    throw new PromiseBroken(`${node.name} takes up its configuration; ${why ?? 'its daemon does not answer'}`, 0);
}
