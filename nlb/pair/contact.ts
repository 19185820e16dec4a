import { type Beat, COUNTS_FROM, type Nonce, noNonce, type PathName, type Version, versionBy } from './beat.ts';
import type { Heard } from './extension.ts';
import { slide, type Window, windowFrom } from './window.ts';

/**
 * Whether an authentic beat is said now and by the peer, or is an echo of an earlier time: a pure function. No clock is
 * compared; a boot is believed once it has echoed our challenge, which no recording can.
 *
 *        peer, just started                                      us
 *          │ beat      boot p, challenge x, echo none  ────────►  │  unproven: it may be a recording
 *          │ ◄───────  greeting  boot u, challenge y, echo x      │  at once, so that no beat has to be waited for
 *   u is believed, x is drawn anew                                │
 *          │ beat      boot p, challenge x', echo y  ──────────►  │  p is believed, y is drawn anew
 *
 * From then on only the counter counts. What is lost is made good by the next beats: they echo strangers too.
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
  strangers: readonly Stranger[];
  /** Boots that were believed before, the last of them last: not worth a greeting. */
  retired: readonly Nonce[];
  greetAfterMs: number;
}

/** Of what is known of it, its counter tells also which version it understands. */
export interface Stranger {
  boot: Nonce;
  challenge: Nonce;
  counter: bigint;
}

interface Known extends Stranger {
  windows: Record<PathName, Window>;
  /** The highest counter that came by each path; 0n where none did. */
  heard: Record<PathName, bigint>;
}

export type Refusal = 'reflected' | 'not the peer' | 'wrong path' | 'retired' | 'unproven' | 'replayed' | 'stale';

export interface Hearing {
  contact: Contact;
  /** Why it is not believed. */
  refused?: Refusal;
  /** To be greeted at once. */
  greet?: Stranger;
  /** Newer than all before, and so many before it never came. */
  news?: { missed: number };
}

/** Whoever replays more sessions of the past than this while two nodes meet for the first time delays their meeting. */
const STRANGERS_KEPT = 8;
const RETIRED_KEPT = 64;
/** Replayed beats of ever other boots must not make us send more than ten greetings a second. */
const GREETING_EVERY_MS = 100;

export function firstContact(names: { node: string; peerName: string }, draw: () => Nonce): Contact {
  const { node, peerName } = names;
  const nothing = { counter: COUNTS_FROM, strangers: [], retired: [], greetAfterMs: Number.NEGATIVE_INFINITY };
  return { node, peerName, boot: draw(), challenge: draw(), ...nothing };
}

/**
 * @param beat is authentic
 * @param path by which it came
 * @param atMs monotonic
 */
export function hear(contact: Contact, beat: Beat, path: PathName, atMs: number, draw: () => Nonce): Hearing {
  const { peer } = contact;
  if (beat.node === contact.node) return { contact, refused: 'reflected' };
  if (beat.node !== contact.peerName) return { contact, refused: 'not the peer' };
  if (beat.path !== path) return { contact, refused: 'wrong path' };
  if (beat.boot === peer?.boot) return hearKnown(contact, peer, beat);
  if (contact.retired.includes(beat.boot)) return { contact, refused: 'retired' };
  if (beat.echo === contact.challenge) return hearKnown(...believe(contact, beat, draw), beat);
  return meet(contact, beat, atMs);
}

/**
 * Why what says so of itself is to be refused, authentic or not: RFC 4303 section 3.4.3 looks at the window before the proof,
 * too, and moves it only afterwards. Undefined where the proof decides.
 */
export function foresee(
  { boot, peer, retired }: Contact,
  beat: Pick<Beat, 'path' | 'boot' | 'counter'>,
  path: PathName,
): Refusal | undefined {
  if (beat.boot === boot) return 'reflected';
  if (beat.path !== path) return 'wrong path';
  if (retired.includes(beat.boot)) return 'retired';
  if (beat.boot !== peer?.boot) return undefined;
  const window = slide(peer.windows[path], beat.counter);
  return typeof window === 'string' ? window : undefined;
}

function hearKnown(contact: Contact, peer: Known, { path, boot, challenge, counter }: Beat): Hearing {
  const window = slide(peer.windows[path], counter);
  if (typeof window === 'string') return { contact, refused: window };
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
  const strangers = contact.strangers.filter((stranger) => stranger.boot !== boot);
  const retired = [...contact.retired, ...earlier].slice(-RETIRED_KEPT);
  return [{ ...contact, challenge: draw(), peer, strangers, retired }, peer];
}

/** A stranger is greeted once; a greeting is not, or two strangers would greet each other for ever. */
function meet(contact: Contact, { boot, challenge, counter, standing }: Beat, atMs: number): Hearing {
  const known = contact.strangers.find((stranger) => stranger.boot === boot);
  if (known && known.counter >= counter) return { contact, refused: 'unproven' };
  const stranger = { boot, challenge, counter };
  const strangers = known
    ? contact.strangers.map((each) => (each === known ? stranger : each))
    : [...contact.strangers, stranger].slice(-STRANGERS_KEPT);
  const met = { ...contact, strangers };
  if (known || !standing || atMs < contact.greetAfterMs) return { contact: met, refused: 'unproven' };
  return { contact: { ...met, greetAfterMs: atMs + GREETING_EVERY_MS }, refused: 'unproven', greet: stranger };
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

/** @param greet whom to greet; else it is for the peer that is believed, and in turn for strangers */
export function speak(before: Contact, greet?: Stranger): Spoken {
  const contact = { ...before, counter: before.counter + 1n };
  const { node, boot, challenge, counter, peer } = contact;
  const addressee = greet ?? addresseeOf(contact);
  return {
    contact,
    header: { node, boot, challenge, counter, echo: addressee?.challenge ?? noNonce },
    version: addressee ? versionBy(addressee.counter) : 3,
    ...(peer && { heard: { boot: peer.boot, ...peer.heard } }),
  };
}

/**
 * Every second beat is for the peer that is believed, because it may not believe us yet; and because a stranger of version 3,
 * who may be no more than a recording, must not keep the peer from what only version 4 says.
 */
function addresseeOf({ peer, strangers, counter }: Contact): Stranger | undefined {
  if (strangers.length === 0 || (peer && counter % 2n === 0n)) return peer;
  const turn = peer ? counter / 2n : counter;
  return strangers[Number(turn % BigInt(strangers.length))];
}
