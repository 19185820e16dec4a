import t from 'tap';
import { type Beat, noNonce } from './beat.ts';
import { type Contact, firstContact, type Hearing, hear, speak } from './contact.ts';

import { active as standing } from './test-conversation.ts';

const nonce = (digit: string): string => digit.repeat(32);

/** Draws a, b, c and so on: `boot` is a, the first challenge b, the next c. */
function drawing(): () => string {
  let drawn = 0;
  return () => nonce('abcdef'[drawn++] ?? '0');
}

function node(): {
  contact: Contact;
  hears(beat: Partial<Beat>, atMs?: number): Hearing;
  echoes(count: number): string[];
} {
  const draw = drawing();
  let contact = firstContact({ node: 'nlb2', peerName: 'nlb1' }, draw);
  const unverified: Beat = {
    node: 'nlb1',
    path: 'access',
    boot: nonce('1'),
    challenge: nonce('2'),
    echo: noNonce,
    counter: 1n,
    standing,
  };
  return {
    get contact() {
      return contact;
    },
    hears: (beat, atMs = 0) => {
      const hearing = hear(contact, { ...unverified, ...beat }, 'access', atMs, draw);
      contact = hearing.contact;
      return hearing;
    },
    echoes: (count) =>
      Array.from({ length: count }, () => {
        const spoken = speak(contact);
        contact = spoken.contact;
        return spoken.header.echo;
      }),
  };
}

t.test('a node that knows nobody echoes nothing', async (t) => {
  t.same(node().echoes(2), [noNonce, noNonce]);
});

t.test('an unverified boot is sent one challenge reply, and its challenge is then echoed in every beat', async (t) => {
  const one = node();
  t.match(one.hears({}), { rejected: 'unproven', challengeReply: { challenge: nonce('2') } });
  t.equal(one.hears({ counter: 2n }, 5000).challengeReply, undefined);
  t.same(one.echoes(2), [nonce('2'), nonce('2')]);
});

t.test('what an unverified boot said last is echoed, whatever is replayed of it', async (t) => {
  const one = node();
  one.hears({ counter: 5n });
  one.hears({ counter: 6n, challenge: nonce('3') });
  one.hears({ counter: 5n });
  t.same(one.echoes(1), [nonce('3')]);
});

t.test('whoever echoes the challenge is believed, and the challenge is then another', async (t) => {
  const one = node();
  one.hears({});
  t.match(one.hears({ counter: 2n, echo: nonce('b') }), { news: { missed: 0 } });
  t.match(one.contact, { challenge: nonce('c'), peer: { boot: nonce('1') }, unverifiedBoots: { length: 0 } });
  t.match(one.hears({ boot: nonce('7'), echo: nonce('b') }), { rejected: 'unproven' });
});

t.test('echoes go in turn to the believed and to unverified boots, and half of them to the believed', async (t) => {
  const one = node();
  one.hears({ echo: nonce('b') });
  one.hears({ boot: nonce('4'), challenge: nonce('5') });
  one.hears({ boot: nonce('6'), challenge: nonce('7') });
  t.same(one.echoes(8).toSorted(), ['2', '2', '2', '2', '5', '5', '7', '7'].map(nonce));
});

t.test('no more than one challenge reply is sent in 100 ms', async (t) => {
  const one = node();
  const repliedTo = (boot: string, atMs: number) => one.hears({ boot: nonce(boot) }, atMs).challengeReply !== undefined;
  t.same([repliedTo('1', 0), repliedTo('2', 99), repliedTo('3', 100), repliedTo('4', 101)], [true, false, true, false]);
});
