import { type Beat, COUNTS_FROM, type Nonce, noNonce, type PathName, type Version, versionBy } from './beat.ts';
import type { Heard } from './extension.ts';
import { slide, type Window, windowFrom } from './window.ts';

/**
 * Whether an authentic beat is said now and by the peer, or is an echo of an earlier time: a pure function. No clock is
 * compared; a boot is believed once it has echoed our challenge, which no recording can.
 *
 *        peer, just started                                      us
 *          │ beat      boot p, challenge x, echo none  ────────►  │  unproven: it may be a recording
 *          │ ◄───────  reply     boot u, challenge y, echo x      │  at once, so that no beat has to be waited for
 *   u is believed, x is drawn anew                                │
 *          │ beat      boot p, challenge x', echo y  ──────────►  │  p is believed, y is drawn anew
 *
 * That reply is the *challenge reply*: it echoes a challenge, and has no standing. From then on only the counter counts. What is lost is made good by the next beats: they echo unverified boots too.
 */
export interface Contact {
  node: string;
  peerName: string;
  boot: Nonce;
  /** Drawn anew when it has served, so that nothing that was said in answer to it serves again. */
  challenge: Nonce;
  /** Of the last message sent. Its first byte says which version this node knows. */
  counter: bigint;
  /** The boot of the peer that is believed. */
  peer?: Known;
  /** Boots that have yet to prove themselves, the longest waiting first. */
  unverifiedBoots: readonly UnverifiedBoot[];
  /** Boots that were believed before, the last of them last: not worth a challenge reply. */
  retired: readonly Nonce[];
  challengeReplyAfterMs: number;
}

/** Of what is known of it, its counter tells also which version it understands. */
export interface UnverifiedBoot {
  boot: Nonce;
  challenge: Nonce;
  counter: bigint;
}

interface Known extends UnverifiedBoot {
  windows: Record<PathName, Window>;
  /** The highest counter that came by each path; 0n where none did. */
  heard: Record<PathName, bigint>;
}

export type Rejection = 'reflected' | 'not the peer' | 'wrong path' | 'retired' | 'unproven' | 'replayed' | 'stale';

export interface Hearing {
  contact: Contact;
  /** Why it is not believed. */
  rejected?: Rejection;
  /** Whose challenge is to be answered at once. */
  challengeReply?: UnverifiedBoot;
  /** Newer than all before, and so many before it never came. */
  news?: { missed: number };
}

/** Whoever replays more sessions of the past than this while two nodes meet for the first time delays their meeting. */
const UNVERIFIED_KEPT = 8;
const RETIRED_KEPT = 64;
/** Replayed beats of ever other boots must not make us send more than ten challenge replies a second. */
const CHALLENGE_REPLY_EVERY_MS = 100;

export function firstContact(names: { node: string; peerName: string }, draw: () => Nonce): Contact {
  const { node, peerName } = names;
  const nothing = {
    counter: COUNTS_FROM,
    unverifiedBoots: [],
    retired: [],
    challengeReplyAfterMs: Number.NEGATIVE_INFINITY,
  };
  return { node, peerName, boot: draw(), challenge: draw(), ...nothing };
}

/**
 * @param beat is authentic
 * @param path by which it came
 * @param atMs monotonic
 */
export function hear(contact: Contact, beat: Beat, path: PathName, atMs: number, draw: () => Nonce): Hearing {
  const { peer } = contact;
  if (beat.node === contact.node) return { contact, rejected: 'reflected' };
  if (beat.node !== contact.peerName) return { contact, rejected: 'not the peer' };
  if (beat.path !== path) return { contact, rejected: 'wrong path' };
  if (beat.boot === peer?.boot) return hearKnown(contact, peer, beat);
  if (contact.retired.includes(beat.boot)) return { contact, rejected: 'retired' };
  if (beat.echo === contact.challenge) return hearKnown(...believe(contact, beat, draw), beat);
  return hearUnverified(contact, beat, atMs);
}

/**
 * Why what says so of itself is to be refused, authentic or not: RFC 4303 section 3.4.3 looks at the window before the proof,
 * too, and moves it only afterwards. Undefined where the proof decides.
 */
export function earlyRejection(
  { boot, peer, retired }: Contact,
  beat: Pick<Beat, 'path' | 'boot' | 'counter'>,
  path: PathName,
): Rejection | undefined {
  if (beat.boot === boot) return 'reflected';
  if (beat.path !== path) return 'wrong path';
  if (retired.includes(beat.boot)) return 'retired';
  if (beat.boot !== peer?.boot) return undefined;
  const window = slide(peer.windows[path], beat.counter);
  return typeof window === 'string' ? window : undefined;
}

function hearKnown(contact: Contact, peer: Known, { path, boot, challenge, counter }: Beat): Hearing {
  const window = slide(peer.windows[path], counter);
  if (typeof window === 'string') return { contact, rejected: window };
  const windows = { ...peer.windows, [path]: window };
  const heard = { ...peer.heard, [path]: window.highest };
  if (counter <= peer.counter) return { contact: { ...contact, peer: { ...peer, windows, heard } } };
  const missed = Number(counter - peer.counter - 1n);
  return { contact: { ...contact, peer: { boot, challenge, counter, windows, heard } }, news: { missed } };
}

function believe(contact: Contact, { boot, challenge, counter }: Beat, draw: () => Nonce): [Contact, Known] {
  const earlier = contact.peer ? [contact.peer.boot] : [];
  const peer = {
    boot,
    challenge,
    counter: counter - 1n,
    windows: { access: windowFrom(counter), server: windowFrom(counter) },
    heard: { access: 0n, server: 0n },
  };
  const unverifiedBoots = contact.unverifiedBoots.filter((each) => each.boot !== boot);
  const retired = [...contact.retired, ...earlier].slice(-RETIRED_KEPT);
  return [{ ...contact, challenge: draw(), peer, unverifiedBoots, retired }, peer];
}

/** An unverified boot is sent one challenge reply. A challenge reply is not answered, or two such boots would answer each other for ever. */
function hearUnverified(contact: Contact, { boot, challenge, counter, standing }: Beat, atMs: number): Hearing {
  const known = contact.unverifiedBoots.find((each) => each.boot === boot);
  if (known && known.counter >= counter) return { contact, rejected: 'unproven' };
  const waiting = { boot, challenge, counter };
  const unverifiedBoots = known
    ? contact.unverifiedBoots.map((each) => (each === known ? waiting : each))
    : [...contact.unverifiedBoots, waiting].slice(-UNVERIFIED_KEPT);
  const met = { ...contact, unverifiedBoots };
  if (known || !standing || atMs < contact.challengeReplyAfterMs) return { contact: met, rejected: 'unproven' };
  return {
    contact: { ...met, challengeReplyAfterMs: atMs + CHALLENGE_REPLY_EVERY_MS },
    rejected: 'unproven',
    challengeReply: waiting,
  };
}

/** The next message, but for its path and what the node says of itself. */
export interface Spoken {
  contact: Contact;
  header: Omit<Beat, 'path' | 'standing' | 'extension'>;
  /** What whom it is meant for understands. */
  version: Version;
  /** What has been heard of the boot that is believed. */
  heard?: Heard;
}

/** @param replyTo whose challenge to echo; else it is the believed peer's and, in turn, those of unverified boots */
export function speak(before: Contact, replyTo?: UnverifiedBoot): Spoken {
  const contact = { ...before, counter: before.counter + 1n };
  const { node, boot, challenge, counter, peer } = contact;
  const addressee = replyTo ?? addresseeOf(contact);
  return {
    contact,
    header: { node, boot, challenge, counter, echo: addressee?.challenge ?? noNonce },
    version: addressee ? versionBy(addressee.counter) : 3,
    ...(peer && { heard: { boot: peer.boot, ...peer.heard } }),
  };
}

/**
 * Every second beat is for the peer that is believed, because it may not believe us yet; and because an unverified boot of version 3,
 * who may be no more than a recording, must not keep the peer from what only version 4 says.
 */
function addresseeOf({ peer, unverifiedBoots, counter }: Contact): UnverifiedBoot | undefined {
  if (unverifiedBoots.length === 0 || (peer && counter % 2n === 0n)) return peer;
  const turn = peer ? counter / 2n : counter;
  return unverifiedBoots[Number(turn % BigInt(unverifiedBoots.length))];
}
