import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { LabNode, NodeProcess } from '../../node/node.ts';
import { type PairSetup, type Role, type System, systemWith } from '../system.ts';
import { configuration, LABELS, masterDownMs, type Pace } from './configuration.ts';
import { rulesets, TABLE } from './ruleset.ts';

/**
 * keepalived for the NLBS address, and a ruleset of nftables for the packets: what an engineer would build from packages of the
 * distribution, by their documentation. Its configuration stands in `configuration.ts`, the ruleset in `ruleset.ts`.
 */

/** What it does where it is told nothing. */
const RECOMMENDED: Pace = { advertSeconds: 1 };
/** Four hundredths of a second, as patient as nlb is in labs that share a machine. */
const FAST_IN_LABS: Pace = { advertSeconds: 0.05 };
/** The shortest interval that VRRP has. */
const FASTEST: Pace = { advertSeconds: 0.01 };

/** Gratuitous ARP, five times at once, and five times again after so long (`garp_master_delay`). */
const SECOND_ANNOUNCEMENTS_MS = 5000;
const READ_LATE_MS = 500;

/** The daemon's log, among a node's. */
const LOG = 'keepalived';
/** `Thu Nov 26 22:40:12 2026: Stopped`, in the time of its zone. */
const STAMP = /^\w{3} (\w{3} +\d+ [\d:]+ \d{4}): /gm;

const lastStampMs = (log: string): number => Date.parse([...log.matchAll(STAMP)].at(-1)?.[1] ?? '');

const ROLES: Record<string, Role> = { MASTER: 'active', BACKUP: 'standby', FAULT: 'inop' };

const NOT_ASKED = 'keepalived says how it stands to notify programs and its log, and has no event log of its own';
const NO_HEALTH = 'nftables looks at no server, and keepalived’s checkers change the tables of IPVS alone';

const lacks = {
  fitness: 'keepalived knows whether its interfaces are up, and does not say more of its fitness',
  handover: 'keepalived has no command that hands over: one stops it, or changes a priority',
  stateScripts:
    'keepalived notifies of MASTER, BACKUP, FAULT and STOP: there is no script for its start, and none is told the state before, or why',
  eventLog: NOT_ASKED,
  standbyBeats: 'a backup of VRRP listens, and sends nothing',
  signedHeartbeats:
    'VRRP of version 3 has no authentication (RFC 9568 section 9), and keepalived’s manual advises against that of version 2',
  drops: 'the ruleset counts nothing that it drops',
  refusals: 'keepalived counts advertisements with errors, and cannot tell forged or replayed ones from its peer’s',
  witness: 'a backup of VRRP takes over when it hears no advertisement, and asks nobody',
  lease: 'VRRP has no lease: a master that was held up goes on until it hears another one',
  defence: 'keepalived does not contradict a station that claims its address',
  healthChecks: NO_HEALTH,
  neighbours: 'the ruleset names the servers’ hardware addresses: who changes one changes the ruleset',
  draining: 'the ruleset has no table of connections: a server that gets nothing new loses those that it has',
  serving: 'the ruleset sends to every server that has a weight, and nobody can be asked which these are',
  reachTargets:
    'keepalived’s tracking scripts are the operator’s own programs: none of its own asks for an address by ARP',
  holdDown: 'preempt_delay of keepalived is one time, however often the lead was lost',
  keeps:
    'not configured here: keepalived can leave its address when it is stopped (--dont-release-vrrp), whatever its peer does',
  inStep: 'the two nodes know of each other’s heartbeats alone',
  furtherInterfaces: 'the ruleset sends to servers by one interface',
  mainThread: 'keepalived is not a program that can be held up from within',
  versions: 'keepalived is the package that is installed, in one version',
};

const file = (folder: string, node: string, what: string): string => path.join(folder, `${node}.keepalived.${what}`);

function writeProgram(name: string, lines: string[]): string {
  writeFileSync(name, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(name, 0o755);
  return name;
}

/** As for direct routing with IPVS: a node answers for an address on the interface alone that has it. */
const ARP_SETTINGS = ['arp_ignore=1', 'arp_announce=2'].map((setting) => {
  const [name, value] = setting.split('=');
  return `echo ${value} >/proc/sys/net/ipv4/conf/all/${name}`;
});

function writeRulesets(node: LabNode, setup: PairSetup): Record<'active' | 'standby', string> {
  const { master, backup } = rulesets(node.home.plan, setup);
  const files = {
    active: file(setup.folder, node.name, 'master.nft'),
    standby: file(setup.folder, node.name, 'backup.nft'),
  };
  writeFileSync(files.active, master);
  writeFileSync(files.standby, backup);
  return files;
}

/** By the fifo, for keepalived hands events to it in order, and starts no program for each. */
function writeNotifyScript(node: string, folder: string, nft: Record<'active' | 'standby', string>): string {
  const told = file(folder, node, 'state');
  return writeProgram(file(folder, node, 'notify.sh'), [
    'while read -r kind _ state _; do',
    '  [ "$kind" = INSTANCE ] || continue',
    '  case $state in',
    `    MASTER) nft -f ${nft.active} ;;`,
    `    BACKUP|FAULT) nft -f ${nft.standby} ;;`,
    '    STOP) ;;',
    // A change of priority, or that a master heard a lesser one, is no change of state.
    '    *) continue ;;',
    '  esac',
    `  echo "$state" >${told}.new && mv ${told}.new ${told}`,
    'done <"$1"',
  ]);
}

function write(node: LabNode, setup: PairSetup, pace: Pace): string {
  const own = (what: string) => file(setup.folder, node.name, what);
  const nft = writeRulesets(node, setup);
  const text = configuration(node.home.plan, setup, pace, {
    startScript: writeProgram(own('start.sh'), [...ARP_SETTINGS, `nft -f ${nft.standby}`]),
    stopScript: writeProgram(own('stop.sh'), [`nft delete table ${TABLE}`]),
    notifyFifo: own('fifo'),
    notifyScript: writeNotifyScript(node.name, setup.folder, nft),
  });
  writeFileSync(own('conf'), text, { mode: 0o644 });
  return own('conf');
}

function start(node: LabNode, setup: PairSetup, pace: Pace): NodeProcess {
  const own = (what: string) => file(setup.folder, node.name, what);
  const conf = write(node, setup, pace);
  // A killed one leaves its files; and it refuses to start while the process they name is there, if only as a zombie.
  for (const what of ['pid', 'vrrp.pid', 'state', 'fifo']) rmSync(own(what), { force: true });
  const pids = ['--pid', own('pid'), '--vrrp_pid', own('vrrp.pid')];
  const words = ['--dont-fork', '--log-console', '--log-detail', '--vrrp', '--use-file', conf];
  return node.start(LOG, ['keepalived', ...words, ...pids]);
}

/** What the notify program was last told. */
function roleOf(node: LabNode): Role | undefined {
  try {
    return ROLES[readFileSync(file(node.home.folder, node.name, 'state'), 'utf8').trim()];
  } catch {
    return undefined;
  }
}

/** Servers, weights and services stand in the ruleset alone: keepalived has nothing to read anew. */
async function reload(node: LabNode, setup: PairSetup): Promise<void> {
  const files = writeRulesets(node, setup);
  const done = await node.run(['nft', '-f', roleOf(node) === 'active' ? files.active : files.standby]);
  if (done.exitCode !== 0) throw new Error(`nft on ${node.name} failed: ${done.stderr}`);
}

function versionOf(program: string): string | undefined {
  const { stdout, stderr, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /v(\d[\w.]*)/.exec(`${stdout}${stderr}`)?.[1] : undefined;
}

function missing(): string | undefined {
  const lacking = ['keepalived', 'nft'].filter((program) => versionOf(program) === undefined);
  return lacking.length === 0
    ? undefined
    : `there is no ${lacking.join(' and no ')} here (apt-get install keepalived nftables)`;
}

const keepalivedNft = (name: string, inLabs: Pace, alone: Pace): System =>
  systemWith(
    {
      name,
      version: () => `keepalived ${versionOf('keepalived')}, nftables ${versionOf('nft')}`,
      missing,
      statusCommand: 'nft list ruleset',
      labels: LABELS,
      deadAfterMs: masterDownMs(inLabs),
      environment: () => ({}),
      start: (node, setup) => start(node, setup, setup.pace === 'default' ? alone : inLabs),
      processes: (node) => node.processes().filter((running) => running.program().startsWith('keepalived')),
    },
    {
      role: async (node: LabNode) => roleOf(node),
      reload,
      stampedLog: { label: LOG, lastStampMs },
      heartbeats: { sentTo: 'vrrp', match: 'ip protocol 112', legs: ['access'] },
      announcements: (atMs: readonly number[], nowMs: number) =>
        nowMs - (atMs[0] ?? nowMs) > SECOND_ANNOUNCEMENTS_MS + READ_LATE_MS,
      weights: true,
      failback: true,
    },
    lacks,
  );

/** With the settings that its documentation recommends, and its defaults. */
export const recommended = keepalivedNft('keepalived-nft', RECOMMENDED, RECOMMENDED);
/** As fast as it can be; in labs that share a machine it is given as much time as nlb is there. */
export const fast = keepalivedNft('keepalived-nft-fast', FAST_IN_LABS, FASTEST);
