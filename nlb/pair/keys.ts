import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';

/** The shared keys of a pair, made ready: the first signs, all verify. Two of them are in use while keys are rotated. */
export interface Keys {
  sign(message: Uint8Array): Uint8Array;
  verify(message: Uint8Array, mac: Uint8Array): boolean;
}

/** HMAC-SHA-256 (RFC 2104), whole. */
export const MAC_BYTES = 32;

/**
 * The one way in for keys, at the start and whenever they change.
 * @param secrets one or two, the signing one first. None: whoever can reach the socket is believed; the messages then carry
 *   an HMAC under a key that everybody knows, so that there is one format and one way to handle it.
 */
export function makeKeys(secrets: readonly Uint8Array[]): Keys {
  const [first = publicKey(), ...others] = secrets.map((secret) => createSecretKey(secret));
  const all = [first, ...others];
  return {
    sign: (message) => macOf(first, message),
    verify: (message, mac) => all.some((key) => timingSafeEqual(macOf(key, message), mac)),
  };
}

function publicKey(): KeyObject {
  return createSecretKey(Buffer.alloc(MAC_BYTES));
}

function macOf(key: KeyObject, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}
