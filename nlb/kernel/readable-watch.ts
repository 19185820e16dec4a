import { pollInBackground } from './libc.ts';

/** Calls back, on this thread, whenever a descriptor can be read; a thread of Node's pool waits for that. */
export interface ReadableWatch {
  /** Over when nobody waits for the descriptor any more, so that it may be closed. */
  close(): Promise<void>;
}

const POLLIN = 1;
/** struct pollfd: descriptor, wanted events, what has happened. */
const BYTES = 8;
/** So long it takes at the most until a watch is closed. */
const LOOK_EVERY_MS = 50;

/** `readable` is to read all that is there: it is called again and again while something is left. */
export function watchReadable(fd: number, readable: () => void): ReadableWatch {
  const asked = Buffer.alloc(BYTES);
  asked.writeInt32LE(fd, 0);
  asked.writeInt16LE(POLLIN, 4);
  let isClosed = false;
  const watch = async (): Promise<void> => {
    while (!isClosed) {
      await pollInBackground(asked, 1, LOOK_EVERY_MS);
      if (!isClosed && asked.readInt16LE(6) !== 0) readable();
    }
  };
  const over = watch();
  return {
    close: () => {
      isClosed = true;
      return over;
    },
  };
}
