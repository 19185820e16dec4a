import t from 'tap';
import { decodeBeat, encodeBeat, type PathName } from './beat.ts';
import { type Conversation, openConversation, type Rejection } from './conversation.ts';
import { open, seal } from './envelope.ts';
import { makeKeys } from './keys.ts';
import {
  acquainted,
  active,
  beatTo,
  deliver,
  newKey,
  oldKey,
  PATHS,
  roundsToMeet,
  standby,
  startNlb1,
  startNlb2,
} from './test-conversation.ts';

t.test('two nodes that start know each other after one challenge reply', async (t) => {
  const [nlb1, nlb2] = [startNlb1(), startNlb2()];
  const [first, twin] = deliver(nlb2, nlb1.beat(active, 0));
  t.match(first, { rejected: 'unproven', challengeReply: {} });
  t.same(twin, { rejected: 'unproven' }, 'its twin is not answered again');
  if (!first.challengeReply) return;
  t.same(
    deliver(nlb1, first.challengeReply),
    [{}, {}],
    'the challenge reply is believed, and says nothing of who leads',
  );
  t.match(deliver(nlb1, nlb2.beat(standby, 0)), [{ standing: standby }, {}]);
  t.match(deliver(nlb2, nlb1.beat(active, 0)), [{ standing: active }, {}]);
  t.same(
    [nlb1.counts, nlb2.counts],
    [
      { heard: 1, missed: 0, refused: {} },
      { heard: 1, missed: 0, refused: { unproven: 2 } },
    ],
  );
});

t.test('a lost challenge reply is made good by the next beats', async (t) => {
  const [nlb1, nlb2] = [startNlb1(), startNlb2()];
  deliver(nlb2, nlb1.beat(active, 0));
  t.ok(beatTo(nlb2, nlb1, standby), 'one beat later nlb1 believes nlb2');
  t.ok(beatTo(nlb1, nlb2), 'and one more later nlb2 believes nlb1');
});

t.test('either node may restart, and is known again with its second beat', async (t) => {
  let [nlb1, nlb2] = acquainted();
  for (let atMs = 1000; atMs < 100_000; atMs += 1000) {
    nlb1 = startNlb1();
    t.equal(roundsToMeet(nlb1, nlb2, atMs), 2, `nlb1 restarts at ${atMs}`);
    nlb2 = startNlb2();
    t.equal(roundsToMeet(nlb2, nlb1, atMs), 2, `nlb2 restarts at ${atMs}`);
  }
});

t.test('a path that is slower than the other by half a window still counts as heard', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const sent = Array.from({ length: 32 }, () => nlb1.beat(active, 0));
  for (const { access } of sent) t.match(nlb2.receive('access', access, 0), { standing: active });
  for (const { server } of sent) t.same(nlb2.receive('server', server, 0), {});
  t.equal(nlb2.counts.missed, 0);
});

t.test('beats that never came are counted, and the twin makes good what one path lost', async (t) => {
  const [nlb1, nlb2] = acquainted();
  for (let lost = 0; lost < 3; lost++) nlb1.beat(active, 0);
  t.match(nlb2.receive('server', nlb1.beat(active, 0).server, 0), { standing: active });
  t.equal(nlb2.counts.missed, 3);
  t.match(nlb2.receive('server', nlb1.beat(active, 0).server, 0), { standing: active });
  t.equal(nlb2.counts.missed, 3);
});

t.test('while keys are rotated, node by node and step by step, no beat is refused', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const before = structuredClone([nlb1.counts.refused, nlb2.counts.refused]);
  for (const keys of [[oldKey, newKey], [newKey, oldKey], [newKey]])
    for (const node of [nlb1, nlb2]) {
      node.useKeys(keys);
      t.ok(beatTo(nlb1, nlb2) && beatTo(nlb2, nlb1, standby));
    }
  t.same([nlb1.counts.refused, nlb2.counts.refused], before);
  nlb1.useKeys([oldKey]);
  t.notOk(beatTo(nlb1, nlb2), 'what is signed with the old key is refused at the end');
  t.equal(nlb2.counts.refused.forged, 2);
});

t.test('keys can be rotated by restarts too', async (t) => {
  let [nlb1, nlb2] = acquainted();
  for (const keys of [[oldKey, newKey], [newKey, oldKey], [newKey]]) {
    nlb1 = startNlb1(keys);
    t.equal(roundsToMeet(nlb1, nlb2), 2);
    nlb2 = startNlb2(keys);
    t.equal(roundsToMeet(nlb2, nlb1), 2);
  }
});

/** What the attacker knows is not the key: these are built with it to show that the reason is another one. */
function resealed(datagram: Uint8Array, change: (body: Buffer) => Uint8Array): Uint8Array {
  const opened = open(datagram, makeKeys([oldKey]));
  if ('rejected' in opened) throw new Error(`not ours: ${opened.rejected}`);
  return seal(change(Buffer.from(opened.body)), opened.version, makeKeys([oldKey]));
}

const attacks: [what: string, make: (nlb1: Conversation, nlb2: Conversation) => Uint8Array, refused: Rejection][] = [
  ['truncated', (nlb1) => nlb1.beat(active, 0).access.subarray(0, 36), 'truncated'],
  ['cut by a byte', (nlb1) => nlb1.beat(active, 0).access.subarray(0, -1), 'forged'],
  ['oversized', (nlb1) => Buffer.concat([nlb1.beat(active, 0).access, Buffer.alloc(500)]), 'oversized'],
  ['forged with another key', () => startNlb1([newKey]).beat(active, 0).access, 'forged'],
  ['forged by one that goes without keys', () => startNlb1([]).beat(active, 0).access, 'forged'],
  ['of the wrong length within', (nlb1) => resealed(nlb1.beat(active, 0).access, (b) => b.subarray(1)), 'malformed'],
  ['reflected', (_, nlb2) => nlb2.beat(standby, 0).access, 'reflected'],
  ['of a third node', (nlb1) => resealed(nlb1.beat(active, 0).access, renamed), 'not the peer'],
  ['of the other path', (nlb1) => nlb1.beat(active, 0).server, 'wrong path'],
  ['replayed', (nlb1, nlb2) => heardAlready(nlb1.beat(active, 0).access, nlb2), 'replayed'],
  ['replayed after long', (nlb1, nlb2) => heardLongAgo(nlb1, nlb2), 'stale'],
];

function renamed(body: Buffer): Uint8Array {
  const beat = decodeBeat(body, 4);
  return beat ? encodeBeat({ ...beat, node: 'nlb3' }) : body;
}

function heardAlready(datagram: Uint8Array, by: Conversation): Uint8Array {
  by.receive('access', datagram, 0);
  return datagram;
}

function heardLongAgo(nlb1: Conversation, nlb2: Conversation): Uint8Array {
  const recorded = nlb1.beat(active, 0).access;
  for (let beats = 0; beats < 64; beats++) deliver(nlb2, nlb1.beat(active, 0));
  return recorded;
}

for (const [what, make, refused] of attacks)
  t.test(`a datagram that is ${what} is counted as ${refused}, answered by nothing, and changes nothing`, async (t) => {
    const [nlb1, nlb2] = acquainted();
    const datagram = make(nlb1, nlb2);
    const before = nlb2.contact();
    const counts = structuredClone(nlb2.counts);
    t.same(nlb2.receive('access', datagram, 5000), { rejected: refused });
    t.same(nlb2.contact(), before);
    const counted = (counts.refused[refused] ?? 0) + 1;
    t.same(nlb2.counts, { ...counts, refused: { ...counts.refused, [refused]: counted } });
    t.ok(beatTo(nlb1, nlb2), 'and the pair talks on');
  });

/** Every datagram of nlb1 in a session that begins with its start, as an eavesdropper keeps them. */
function recordSession(nlb1: Conversation, nlb2: Conversation): [PathName, Uint8Array][] {
  const recorded: [PathName, Uint8Array][] = [];
  for (let beats = 0; beats < 10; beats++) {
    const sent = nlb1.beat(active, 0);
    for (const path of PATHS) recorded.push([path, sent[path]]);
    for (const { challengeReply } of deliver(nlb2, sent)) if (challengeReply) deliver(nlb1, challengeReply);
    deliver(nlb1, nlb2.beat(standby, 0));
  }
  return recorded;
}

t.test('a recorded session is believed neither by a node that has restarted nor after one', async (t) => {
  const [nlb1, nlb2] = [startNlb1(), startNlb2()];
  const recorded = recordSession(nlb1, nlb2);
  const restarted = startNlb2();
  for (const [path, datagram] of recorded)
    t.equal(restarted.receive(path, datagram, 0).rejected, 'unproven', 'by one that knows nothing');
  t.equal(restarted.contact().peer, undefined);
  t.equal(roundsToMeet(nlb1, restarted), 2, 'which then still meets its peer');

  const second = startNlb1();
  t.equal(roundsToMeet(second, nlb2), 2);
  const before = nlb2.contact();
  for (const [path, datagram] of recorded) t.same(nlb2.receive(path, datagram, 0), { rejected: 'retired' });
  t.same(nlb2.contact(), before);
});

t.test('a boot that is retired and forgotten is still not believed', async (t) => {
  const nlb2 = startNlb2();
  const recorded = recordSession(startNlb1(), nlb2);
  for (let restarts = 0; restarts < 70; restarts++) {
    const next = startNlb1();
    t.ok(roundsToMeet(next, nlb2, 1000 * restarts));
  }
  for (const [path, datagram] of recorded) t.equal(nlb2.receive(path, datagram, 100_000).rejected, 'unproven');
});

t.test(
  'replayed sessions draw ten challenge replies a second and no more, and keep the peer away for a moment only',
  async (t) => {
    const old = Array.from({ length: 20 }, () => recordSession(startNlb1(), startNlb2())).flat();
    const [nlb1, nlb2] = [startNlb1(), startNlb2()];
    let challengeReplies = 0;
    // As many in ten milliseconds as are looked at.
    for (let sent = 0; sent < 32 * 100; sent++) {
      const [path, datagram] = old[sent % old.length] ?? [];
      if (path && datagram && nlb2.receive(path, datagram, 10 * Math.floor(sent / 32)).challengeReply)
        challengeReplies++;
    }
    t.equal(challengeReplies, 10);
    let beats = 0;
    do {
      const [, datagram] = old[beats % old.length] ?? [];
      if (datagram) nlb2.receive('access', datagram, 2000);
      deliver(nlb2, nlb1.beat(active, 0), 2000);
      deliver(nlb1, nlb2.beat(standby, 0), 2000);
    } while (!nlb1.contact().peer && ++beats < 100);
    t.ok(beats < 10, `after ${beats} beats`);
  },
);

t.test('challenge replies are not answered with challenge replies', async (t) => {
  const [nlb1, nlb2] = [startNlb1(), startNlb2()];
  const { challengeReply } = nlb2.receive('access', nlb1.beat(active, 0).access, 0);
  t.ok(challengeReply);
  if (challengeReply)
    t.same(deliver(startNlb1(), challengeReply), [{ rejected: 'unproven' }, { rejected: 'unproven' }]);
});

t.test('who was put back to a snapshot learns it from the peer at once, and goes by another name', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const snapshot = nlb1.contact();
  for (let beats = 0; beats < 100; beats++) {
    t.ok(beatTo(nlb1, nlb2));
    t.notOk(
      deliver(nlb1, nlb2.beat(standby, 0)).some(({ isCopy }) => isCopy),
      'who goes on is no copy',
    );
  }
  const restored = openConversation({ node: 'nlb1', peer: 'nlb2' }, [oldKey], snapshot);
  t.match(deliver(nlb2, restored.beat(active, 0)), [{ rejected: 'stale' }, { rejected: 'stale' }], 'it is not heard');
  t.match(deliver(restored, nlb2.beat(active, 0)), [{ isCopy: true }, {}]);
  t.not(restored.contact().boot, snapshot.boot);
  t.ok((roundsToMeet(restored, nlb2) ?? 10) <= 3, 'and is heard again');
});

t.test('of two clones the one that is behind learns it', async (t) => {
  const [nlb1, nlb2] = acquainted();
  const clone = openConversation({ node: 'nlb1', peer: 'nlb2' }, [oldKey], nlb1.contact());
  clone.beat(active, 0);
  deliver(nlb2, nlb1.beat(active, 0));
  deliver(nlb2, nlb1.beat(active, 0));
  const said = nlb2.beat(standby, 0);
  t.notOk(deliver(nlb1, said).some(({ isCopy }) => isCopy));
  t.ok(deliver(clone, said).some(({ isCopy }) => isCopy));
});
