/** Node reads so many datagrams of a socket, and then looks at its timers and the other sockets (libuv's uv__udp_recvmsg). */
export const READ_AT_ONCE = 32;
/** After so many rounds a tick waits no longer: who floods the sockets must not stop the beat. */
const MOST_ROUNDS = 4;

/**
 * What the peer says is read before a lease is renewed. Where all clocks stood still, as those of a guest that was paused, nothing
 * else tells that another has taken over meanwhile; and its beats wait in the sockets, the oldest first: it leads by the fifth or so.
 */
export interface SocketDrain {
  /** A datagram was read of that path. */
  read(path: string): void;
  /** Does it when what waits now has been read. */
  whenRead(act: () => void): void;
}

export function openSocketDrain(): SocketDrain {
  let counts = new Map<string, number>();
  const whenRead = (act: () => void, rounds = 1): void => {
    counts = new Map();
    // Sockets are read between now and then.
    setImmediate(() => {
      const isAll = [...counts.values()].every((count) => count < READ_AT_ONCE);
      if (isAll || rounds >= MOST_ROUNDS) act();
      else whenRead(act, rounds + 1);
    });
  };
  return { read: (path) => void counts.set(path, (counts.get(path) ?? 0) + 1), whenRead: (act) => whenRead(act) };
}
