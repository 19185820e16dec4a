import type { PathName, Standing } from './beat.ts';
import { type Conversation, type Datagrams, openConversation, type Received } from './conversation.ts';

/** Two nodes that talk to each other in memory, for tests. */
export const PATHS: readonly PathName[] = ['access', 'server'];
export const oldKey = Buffer.alloc(32, 1);
export const newKey = Buffer.alloc(32, 2);
export const active: Standing = {
  state: 'active',
  fitness: 'fit',
  primary: true,
  resigned: false,
  requestsLead: false,
  wantsFailback: false,
  targetsMet: 2,
  leaseMs: 30,
};
export const standby: Standing = { ...active, state: 'standby', primary: false };

export const startNlb1 = (secrets: readonly Uint8Array[] = [oldKey]): Conversation =>
  openConversation({ node: 'nlb1', peer: 'nlb2' }, secrets);
export const startNlb2 = (secrets: readonly Uint8Array[] = [oldKey]): Conversation =>
  openConversation({ node: 'nlb2', peer: 'nlb1' }, secrets);

/** Both datagrams arrive, access first. */
export function deliver(to: Conversation, datagrams: Datagrams, atMs = 0): [Received, Received] {
  return [to.receive('access', datagrams.access, atMs), to.receive('server', datagrams.server, atMs)];
}

/** One beat of the first to the second, with the challenge reply that answers it; whether the beat was believed. */
export function beatTo(from: Conversation, to: Conversation, standing = active, atMs = 0): boolean {
  const received = deliver(to, from.beat(standing, atMs), atMs);
  for (const { challengeReply } of received) if (challengeReply) deliver(from, challengeReply, atMs);
  return received.some((each) => each.standing !== undefined);
}

/** How many rounds, of one beat each way, it takes until both believe each other; none when ten are not enough. */
export function roundsToMeet(one: Conversation, other: Conversation, atMs = 1000): number | undefined {
  for (let rounds = 1; rounds <= 10; rounds++) {
    const believed = [beatTo(one, other, active, atMs), beatTo(other, one, standby, atMs)];
    if (believed.every(Boolean)) return rounds;
  }
  return undefined;
}

/** A pair that believes each other. */
export function acquainted(): [nlb1: Conversation, nlb2: Conversation] {
  const pair: [Conversation, Conversation] = [startNlb1(), startNlb2()];
  beatTo(...pair);
  beatTo(...pair);
  deliver(pair[0], pair[1].beat(standby, 0));
  return pair;
}
