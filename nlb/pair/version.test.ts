import t from 'tap';
import { type Beat, decodeBeat, encodeBeat, type PathName } from './beat.ts';
import { type Contact, firstContact, hear, speak } from './contact.ts';
import type { Conversation, Datagrams } from './conversation.ts';
import { open, seal } from './envelope.ts';
import { makeKeys } from './keys.ts';
import {
  acquainted,
  active,
  beatTo,
  deliver,
  oldKey,
  PATHS,
  standby,
  startNlb1,
  startNlb2,
} from './test-conversation.ts';

const keys = makeKeys([oldKey]);
function opened(datagram: Uint8Array): { body: Uint8Array; version: number } {
  const result = open(datagram, keys);
  if ('rejected' in result) throw new Error(`not ours: ${result.rejected}`);
  return result;
}

/** What a node of version 3 is: it counts from zero, speaks version 3 alone, and refuses any other version and any other length. */
interface OldNode {
  beat(): Datagrams;
  /** Gives the challenge reply, where it sends one. */
  receive(path: PathName, datagram: Uint8Array): Datagrams | undefined;
  readonly heard: Beat[];
  /** Versions of what it refused. */
  readonly refused: number[];
  believes(): boolean;
}

function startOld(): OldNode {
  let drawn = Math.floor(Math.random() * 1e9);
  const draw = () => (++drawn).toString(16).padStart(32, 'f');
  let contact: Contact = { ...firstContact({ node: 'nlb2', peerName: 'nlb1' }, draw), counter: 0n };
  const say = (replyTo?: Parameters<typeof speak>[1], standing?: Beat['standing']): Datagrams => {
    const { header, ...spoken } = speak(contact, replyTo);
    contact = spoken.contact;
    const of = (path: PathName) => seal(encodeBeat({ ...header, path, ...(standing && { standing }) }), 3, keys);
    return { access: of('access'), server: of('server') };
  };
  const [heard, refused]: [Beat[], number[]] = [[], []];
  return {
    beat: () => say(undefined, standby),
    receive: (path, datagram) => {
      const { version, body } = opened(datagram);
      const beat = version === 3 ? decodeBeat(body, 3) : undefined;
      if (beat === undefined) {
        refused.push(version);
        return undefined;
      }
      const hearing = hear(contact, beat, path, 0, draw);
      contact = hearing.contact;
      if (hearing.news) heard.push(beat);
      return hearing.challengeReply && say(hearing.challengeReply);
    },
    heard,
    refused,
    believes: () => contact.peer !== undefined,
  };
}

/** One beat each way, challenge replies included. */
function talk(node: Conversation, old: OldNode): void {
  for (const [path, datagram] of Object.entries(node.beat(active, 0)) as [PathName, Uint8Array][]) {
    const challengeReply = old.receive(path, datagram);
    if (challengeReply) deliver(node, challengeReply);
  }
  for (const { challengeReply } of deliver(node, old.beat()))
    for (const path of PATHS) if (challengeReply) old.receive(path, challengeReply[path]);
}

t.test('a node of version 3 is never sent what it refuses, and the two know each other as soon as ever', async (t) => {
  const [node, old] = [startNlb1(), startOld()];
  for (let beats = 0; beats < 100; beats++) talk(node, old);
  t.same(old.refused, []);
  t.equal(old.heard.length, 99, 'the first one is answered by a challenge reply');
  t.equal(node.counts.heard, 100);
  t.same(deliver(node, old.beat())[0], { standing: standby }, 'and says nothing beyond version 3');
});

t.test('two that know version 4 speak it as soon as they have heard each other, and not before', async (t) => {
  const [nlb1, nlb2] = [startNlb1(), startNlb2()];
  const versionOf = (datagrams: Datagrams) => opened(datagrams.access).version;
  const first = nlb1.beat(active, 0);
  t.equal(versionOf(first), 3);
  const { challengeReply } = deliver(nlb2, first)[0];
  t.equal(
    challengeReply && versionOf(challengeReply),
    4,
    'what is heard of an unverified boot is answered in its version',
  );
  if (challengeReply) deliver(nlb1, challengeReply);
  t.equal(versionOf(nlb1.beat(active, 0)), 4);
});

t.test(
  'what a beat of version 4 says comes along, with the instant of our beat that the peer heard last',
  async (t) => {
    const [nlb1, nlb2] = acquainted();
    const sent = nlb1.beat(active, 70);
    nlb2.receive('server', sent.server, 70);
    const own = { accessMac: '02:00:00:00:00:0b', leaseKeptMs: 500 };
    t.match(deliver(nlb1, nlb2.beat(standby, 75, own))[0], { extension: own, acknowledged: { access: 0, server: 70 } });
  },
);

t.test(
  'who hears nothing for long says so by what it heard last, and a path that never worked is absent',
  async (t) => {
    const [nlb1, nlb2] = [startNlb1(), startNlb2()];
    const serverOnly = (to: Conversation, { server }: Datagrams) => to.receive('server', server, 0);
    const { challengeReply } = serverOnly(nlb2, nlb1.beat(active, 0));
    if (challengeReply) deliver(nlb1, challengeReply);
    for (const atMs of [10, 20]) serverOnly(nlb2, nlb1.beat(active, atMs));
    for (let atMs = 30; atMs < 200; atMs += 10) {
      nlb1.beat(active, atMs);
      t.same(deliver(nlb1, nlb2.beat(standby, atMs))[0].acknowledged, { server: 20 });
    }
  },
);

t.test('an acknowledgement of an earlier boot of ours is none', async (t) => {
  let [nlb1, nlb2] = acquainted();
  nlb1 = startNlb1();
  const challengeReplies = deliver(nlb2, nlb1.beat(active, 0)).flatMap(({ challengeReply }) => challengeReply ?? []);
  for (const each of challengeReplies) deliver(nlb1, each);
  t.same(deliver(nlb1, nlb2.beat(standby, 0))[0].acknowledged, {});
});

t.test('after a downgrade half of what is sent is version 3 until the old one is believed, and then all', async (t) => {
  const [nlb1] = acquainted();
  const old = startOld();
  for (let beats = 0; beats < 20; beats++) talk(nlb1, old);
  t.ok(old.believes());
  t.ok(old.refused.length <= 2, `one beat before it was heard of at most: ${old.refused}`);
  const before = old.refused.length;
  for (let beats = 0; beats < 20; beats++) talk(nlb1, old);
  t.equal(old.refused.length, before);
});

t.test('a recording of version 3 does not take from the peer what only version 4 says', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const beat = decodeBeat(opened(startOld().beat().access).body, 3);
  if (beat) nlb2.receive('access', seal(encodeBeat({ ...beat, node: 'nlb1' }), 3, keys), 0);
  t.equal(nlb2.contact().unverifiedBoots.length, 1);
  const own = { accessMac: '02:00:00:00:00:0b' };
  const said = Array.from({ length: 10 }, () => deliver(nlb1, nlb2.beat(standby, 0, own))[0].extension);
  t.ok(said.slice(1).every((each) => each?.accessMac === own.accessMac));
  t.ok(beatTo(nlb1, nlb2), 'and the pair talks on');
});
