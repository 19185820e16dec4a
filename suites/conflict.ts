import { firewallTables, resolveEverywhere } from '../harness/act/everyday.ts';
import { askThroughout, claim, probeFor } from '../harness/act/inject.ts';
import type { Scene } from '../harness/act/scene.ts';
import { allKnow, announces, hasAnnounced, takesAlias } from '../harness/act/waits.ts';
import { aliasReleased } from '../harness/check/alias.ts';
import { announcementsFrom } from '../harness/check/announcement.ts';
import { answersWith, noAnswerFrom, repliesWellFormed } from '../harness/check/arp.ts';
import { conflictRecorded, defended, EVENTS_READ } from '../harness/check/defence.ts';
import { announcedAgain, tablesRightAgain } from '../harness/check/tables.ts';
import { dropHeartbeats } from '../harness/fault/silence.ts';
import { loseAnnouncement, split } from '../harness/fault/split.ts';
import type { HistoryEvent } from '../harness/history/event.ts';
import type { LabNode } from '../harness/node/node.ts';
import { suite } from '../harness/runner/suite.ts';

const PROBES = 10;
const PROBED_FOR_MS = 1000;
const ANSWER_WITHIN_MS = 50;
/** Of documentation (RFC 7042), so that nobody has it. */
const CLAIMANT = '02:00:5e:00:53:99';
/** A claim is read at the next beat, 20 ms later at most; the rest is for labs that share the processors. */
const AT_ONCE_MS = 150;
const DEFENDS_EVERY_MS = 1000;
/** After the last claim an announcement follows within the time between two. */
const RIGHT_WITHIN_MS = DEFENDS_EVERY_MS + AT_ONCE_MS;
/** A conflict without a claim for so long is over, and the address announced once more. */
const OVER_AFTER_MS = 2000;
/** Beats reach the other node again at once; it stands down, and its next beat says so: as long as a dead time and this. */
const HEALED_AFTER_MS = 100;
/** The second announcement comes 100 ms after the first. */
const REPEATED_WITHIN_MS = 100 + AT_ONCE_MS;

const firewallsOf = (scene: Scene): string[] => scene.lab.nodes('firewall').map(({ name }) => name);

/** A station at the standby's port claims the address once, and then, when that is put right, again and again. */
async function claimOnAndOn(scene: Scene, active: LabNode, standby: LabNode): Promise<void> {
  const at = { node: standby.name, leg: 'access' };
  const [port, mac] = [scene.port(active.name, 'access'), scene.mac(active.name, 'access')];
  const beforeNs = scene.nowNs();
  await scene.act('claim once', undefined, () => claim(scene, scene.nlbs, CLAIMANT, at, 'request'));
  await announces(scene, port, scene.nlbs, beforeNs);
  await allKnow(scene, firewallsOf(scene), scene.nlbs, mac);
  const sinceNs = scene.nowNs();
  let claims = 0;
  // One more claim at each look, and the last one after the last defence.
  const contradicted = (events: HistoryEvent[]) => {
    claim(scene, scene.nlbs, CLAIMANT, at, claims++ % 2 === 0 ? 'reply' : 'request');
    return announcementsFrom(events, port, scene.nlbs).length >= 3;
  };
  const wait = { sinceNs, withinMs: 8000 };
  await scene.act('go on claiming', undefined, () => scene.wait('the third defence', contradicted, wait));
}

/**
 * The two nodes, each with one of the firewalls, on the two sides of a split; no beat passes on the other LAN either.
 * @returns what heals it
 */
async function splitPair(scene: Scene, sides: { node: string; firewall: string }[]): Promise<() => Promise<void>> {
  const [one, other] = sides;
  if (!one || !other) throw new Error('a split has two sides');
  const port = (node: string) => scene.port(node, 'access');
  const repairs = [
    await split(scene, [port(one.node)], [port(other.node), port(other.firewall)]),
    await split(scene, [port(other.node)], [port(one.firewall)]),
  ];
  const { legs } = scene.lab.use('heartbeats');
  if (legs.includes('server')) repairs.push(await dropHeartbeats(scene, scene.lan('server')));
  return scene.defer('the split is healed', () => Promise.all(repairs.map((repair) => repair())));
}

export default await suite(
  import.meta,
  'the address is defended, and announced until everybody knows',
  { topologies: ['invention'], servers: 2, seconds: 14 },
  {
    'an ARP probe for the address is answered by the active alone': {
      proves: ['ARP-11 the active answers', 'ARP-11 the standby is silent', 'ARP-10 probes'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const probers = firewallsOf(scene).map((node) => ({ node, leg: 'access' }));
        await askThroughout(scene, scene.nlbs, probers, PROBED_FOR_MS, probeFor);
        const wanted = { address: scene.nlbs, atLeast: 2 * PROBES, senderIp: '0.0.0.0' };
        const port = scene.port(active.name, 'access');
        return {
          'the active answers each, with its hardware address': answersWith({
            ...wanted,
            port,
            mac: scene.mac(active.name, 'access'),
            withinMs: ANSWER_WITHIN_MS,
          }),
          'the standby answers none': noAnswerFrom({
            ...wanted,
            port: scene.port(standby.name, 'access'),
            forMs: PROBED_FOR_MS,
            askers: 2,
          }),
          'the answers go to the prober alone': repliesWellFormed({ ports: [port], withinMs: ANSWER_WITHIN_MS }),
        };
      },
    },
    'a station that claims the address is contradicted, at a bounded rate, and put on record': {
      proves: ['ARP-13 one claim', 'ARP-13 claims that go on', 'ARP-13 on record', 'ARP-14 a conflict ends'],
      needs: ['announcements', 'defence', 'eventLog'],
      breaks: [
        {
          invariant: 'one answerer',
          why: 'a station behind the standby’s port claims the address',
          from: { what: 'claim once' },
          until: { what: 'go on claiming' },
        },
      ],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const [port, mac] = [scene.port(active.name, 'access'), scene.mac(active.name, 'access')];
        await resolveEverywhere(scene);
        await hasAnnounced(scene, port, scene.nlbs, DEFENDS_EVERY_MS);
        await claimOnAndOn(scene, active, standby);
        await announces(scene, port, scene.nlbs, scene.nowNs() + OVER_AFTER_MS * 0.9e6);
        scene.note(EVENTS_READ, active.name, (await active.run(scene.lab.use('eventLog').read)).stdout);
        const claimed = { address: scene.nlbs, port, claimant: CLAIMANT };
        const tables = { address: scene.nlbs, mac, tables: firewallTables(scene), misled: firewallsOf(scene) };
        return {
          'after one claim the firewalls’ tables are right again at once': tablesRightAgain({
            ...tables,
            after: { what: 'claim once' },
            before: { what: 'go on claiming' },
            withinMs: AT_ONCE_MS,
          }),
          'claims that go on are contradicted once a second': defended({
            ...claimed,
            atOnceMs: AT_ONCE_MS,
            everyMs: DEFENDS_EVERY_MS,
          }),
          'after the last one the tables are right again, for good': tablesRightAgain({
            ...tables,
            after: { what: 'go on claiming' },
            withinMs: RIGHT_WITHIN_MS,
          }),
          'the event log tells of it': conflictRecorded(claimed),
        };
      },
    },
    'when a split heals, both firewalls point to the one that leads': {
      proves: ['ARP-14 a split heals', 'ALIAS-4 a split heals'],
      needs: ['heartbeats'],
      breaks: [
        { invariant: 'one answerer', why: 'each half of a split network has its own leader', from: { what: 'split' } },
      ],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const [near = '', far = ''] = firewallsOf(scene);
        await scene.census();
        await resolveEverywhere(scene);
        const sinceNs = scene.nowNs();
        const sides = [
          { node: active.name, firewall: near },
          { node: standby.name, firewall: far },
        ];
        const healed = await scene.act('split', undefined, () => splitPair(scene, sides));
        await takesAlias(scene, standby.name, sinceNs);
        await allKnow(scene, [far], scene.nlbs, scene.mac(standby.name, 'access'));
        const heal = { what: 'heal the split' };
        await scene.act(heal.what, undefined, healed);
        const { active: leader, standby: other } = await scene.lab.pair();
        const healedWithinMs = scene.lab.system.deadAfterMs + HEALED_AFTER_MS;
        const mac = scene.mac(leader.name, 'access');
        await allKnow(scene, [near, far], scene.nlbs, mac);
        return {
          'the tables name the leader, also that of the firewall on the other side': tablesRightAgain({
            address: scene.nlbs,
            mac,
            tables: firewallTables(scene),
            misled: sides.filter(({ node }) => node === other.name).map(({ firewall }) => firewall),
            after: heal,
            withinMs: healedWithinMs,
          }),
          'the other lets go of the address': aliasReleased({
            address: scene.nlbs,
            node: other.name,
            after: heal,
            withinMs: healedWithinMs,
            from: 'end',
          }),
        };
      },
    },
    'one lost announcement misleads the firewalls for no longer than until the next': {
      proves: ['ARP-12'],
      needs: ['handover'],
      run: async (scene) => {
        const { active, standby } = await scene.lab.pair();
        const [port, mac] = [scene.port(standby.name, 'access'), scene.mac(standby.name, 'access')];
        await resolveEverywhere(scene);
        const passes = scene.defer('announcements pass', await loseAnnouncement(scene, port, scene.nlbs));
        await scene.act('stand by', active.name, () => scene.lab.use('handover').standBy(active));
        await allKnow(scene, firewallsOf(scene), scene.nlbs, mac);
        await passes();
        return {
          'the first announcement is lost, the second comes later': announcedAgain({
            address: scene.nlbs,
            port,
            hearers: firewallTables(scene).map((table) => table.port),
            leastMs: 50,
          }),
          'and puts the tables right': tablesRightAgain({
            address: scene.nlbs,
            mac,
            tables: firewallTables(scene),
            misled: firewallsOf(scene),
            after: { announcedBy: port },
            withinMs: REPEATED_WITHIN_MS,
          }),
        };
      },
    },
  },
);
