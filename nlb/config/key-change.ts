import type { ConfigChange } from './diff.ts';

type Secrets = readonly Uint8Array[];

/**
 * How the content of the key file has changed since it was last read, the signing key first: one change or none.
 * No word tells anything of a key.
 */
export function keyChange(before: Secrets, after: Secrets): ConfigChange[] {
  if (before.length === after.length && before.every((secret, i) => isSame(secret, after[i]))) return [];
  const to = `${count(after)}, signing with ${signing(before, after)}`;
  return [{ path: 'heartbeat.keyFile (its content)', from: count(before), to, effective: 'reload' }];
}

function signing(before: Secrets, [first]: Secrets): string {
  if (isSame(first, before[0])) return 'the same one';
  if (before.some((secret) => isSame(secret, first))) return 'the second one';
  return 'a new one: beats are refused until the peer has it too';
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

function count({ length }: Secrets): string {
  return length === 1 ? 'one key' : length === 0 ? 'no key' : 'two keys';
}
