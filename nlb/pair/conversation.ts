import { randomBytes } from 'node:crypto';
import { decodeBeat, encodeBeat, type Nonce, type PathName, type Standing } from './beat.ts';
import { type Contact, type Refusal as Disbelief, firstContact, hear, speak } from './contact.ts';
import { type Refusal as Disorder, open, seal } from './envelope.ts';
import { makeKeys } from './keys.ts';

/** What two nodes say to each other, as datagrams: everything about it but the sockets. */
export interface Conversation {
  /** Datagram → what it is worth. What is refused is counted. */
  receive(path: PathName, datagram: Uint8Array, atMs: number): Received;
  /** The next beat, for one path and the other. */
  beat(standing: Standing): Datagrams;
  /** @param secrets as for `makeKeys`; nobody has to meet anew for it */
  useKeys(secrets: readonly Uint8Array[]): void;
  readonly counts: { heard: number; missed: number; refused: Partial<Record<Refusal, number>> };
  contact(): Contact;
}

export type Datagrams = Record<PathName, Uint8Array>;
export type Refusal = Disorder | Disbelief | 'malformed';
export interface Received {
  refused?: Refusal;
  /** To be sent at once. */
  greeting?: Datagrams;
  /** What the peer says of itself, when that is news. */
  standing?: Standing;
}

interface Names {
  node: string;
  peer: string;
}

export function converse({ node, peer }: Names, secrets: readonly Uint8Array[]): Conversation {
  let keys = makeKeys(secrets);
  let contact = firstContact({ node, peerName: peer }, drawNonce);
  const counts: Conversation['counts'] = { heard: 0, missed: 0, refused: {} };
  const refuse = (refused: Refusal): { refused: Refusal } => {
    counts.refused[refused] = (counts.refused[refused] ?? 0) + 1;
    return { refused };
  };
  const compose = (standing?: Standing, greet?: Nonce): Datagrams => {
    const spoken = speak(contact, greet);
    contact = spoken.contact;
    const said = { ...spoken.header, ...(standing && { standing }) };
    const datagram = (path: PathName) => seal(encodeBeat({ ...said, path }), keys);
    return { access: datagram('access'), server: datagram('server') };
  };
  const receive: Conversation['receive'] = (path, datagram, atMs) => {
    const opened = open(datagram, keys);
    if ('refused' in opened) return refuse(opened.refused);
    const beat = decodeBeat(opened.body);
    if (beat === undefined) return refuse('malformed');
    const heard = hear(contact, beat, path, atMs, drawNonce);
    contact = heard.contact;
    if (heard.refused)
      return { ...refuse(heard.refused), ...(heard.greet && { greeting: compose(undefined, heard.greet) }) };
    counts.missed += heard.news?.missed ?? 0;
    if (!heard.news || !beat.standing) return {};
    counts.heard++;
    return { standing: beat.standing };
  };
  return {
    receive,
    beat: (standing) => compose(standing),
    useKeys: (secrets) => {
      keys = makeKeys(secrets);
    },
    counts,
    contact: () => contact,
  };
}

function drawNonce(): Nonce {
  return randomBytes(16).toString('hex');
}
