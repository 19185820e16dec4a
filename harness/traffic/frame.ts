/**
 * What echo clients and echo servers say to each other. Over UDP a datagram is one request or one answer; over TCP each
 * stands behind its length.
 *
 *   request   flow (u32) · sequence (u32) · filling
 *   answer    length of the name (u8) · name of the server · the request, byte for byte
 *   on TCP    length of what follows (u32) · request or answer
 *
 * All numbers are in network byte order. The filling depends on flow and sequence, so that an answer to another request is never
 * taken for the right one.
 */
const headBytes = 8;

/** A frame longer than this is not ours: the stream is out of step. */
const longestFrame = 1 << 20;

/** The shortest request is its numbers alone. */
export const leastRequestBytes = headBytes;

/** Text that repeats only after 65,521 bytes, a prime: a slice of it at any offset is unlike its neighbours. */
const pattern = Buffer.alloc(2 * 65_521, 0);
let state = 1;
for (let at = 0; at < pattern.length; at += 1) {
  state = at === 65_521 ? 1 : (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  pattern[at] = state >>> 16;
}

/** The request with these numbers, `bytes` long in all (at least 8). The same numbers give the same bytes. */
export function encodeRequest(flow: number, sequence: number, bytes: number): Buffer {
  const request = Buffer.allocUnsafe(Math.max(bytes, headBytes));
  request.writeUInt32BE(flow, 0);
  request.writeUInt32BE(sequence, 4);
  const offset = (flow * 7919 + sequence * 104_729) % 65_521;
  for (let at = headBytes; at < request.length; at += 65_521) pattern.copy(request, at, offset, offset + 65_521);
  return request;
}

/** The numbers of a request; undefined if it is too short to have them. */
export function decodeRequest(request: Uint8Array): { flow: number; sequence: number } | undefined {
  if (request.length < headBytes) return undefined;
  const view = new DataView(request.buffer, request.byteOffset, headBytes);
  return { flow: view.getUint32(0), sequence: view.getUint32(4) };
}

/** Whether these are exactly the bytes of the request with the numbers that it carries. */
export function isIntact(request: Uint8Array): boolean {
  const numbers = decodeRequest(request);
  return numbers !== undefined && encodeRequest(numbers.flow, numbers.sequence, request.length).equals(request);
}

/** What a server says to a request. Its name has at most 255 bytes. */
export function encodeAnswer(server: string, request: Uint8Array): Buffer {
  const name = Buffer.from(server);
  return Buffer.concat([Uint8Array.of(name.length), name, request]);
}

/** An answer's parts; undefined if it ends within the name. */
export function decodeAnswer(answer: Buffer): { server: string; request: Buffer } | undefined {
  const end = 1 + (answer[0] ?? 0);
  if (answer.length < end) return undefined;
  return { server: answer.toString('utf8', 1, end), request: answer.subarray(end) };
}

/** Put a message behind its length, for TCP. */
export function toFrame(message: Uint8Array): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** Cuts a TCP stream into messages. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The messages that are complete with this piece of the stream; the rest is kept for the next.
   * @throws RangeError if a length is too great to be one: the stream is corrupt, and no later message can be found.
   */
  push(piece: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const messages: Buffer[] = [];
    while (rest.length >= 4) {
      const end = 4 + rest.readUInt32BE();
      if (end > longestFrame) throw new RangeError(`a frame of ${end} bytes is longer than ${longestFrame}`);
      if (rest.length < end) break;
      messages.push(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return messages;
  }
}
