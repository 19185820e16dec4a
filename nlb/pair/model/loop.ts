import type { PathName } from './network.ts';

/** The event loop of a daemon, with what waits while it is stopped. */
export interface Loop<Mail> {
  receive(path: PathName, mail: Mail): void;
  /** Something from another thread, or from the kernel. */
  post(what: () => void): void;
  timerDue(): void;
  /** Do this next, before all else that waits: the rest of what is being done. */
  first(...what: (() => unknown)[]): void;
  halt(): void;
  goOn(): void;
  isHalted(): boolean;
  isEnded(): boolean;
  /** The daemon is no more. */
  end(): void;
}

/** Datagrams of a beat's size that a socket's buffer holds; those that come after are lost. */
const SOCKET_HOLDS = 270;
/** Datagrams that Node reads of one socket before it does anything else. */
const READ_AT_ONCE = 32;

/** A tick waits for so many rounds in which a socket gave as much as it gives at once: more may wait there. */
const MOST_ROUNDS = 4;

/** One round: what comes from other threads, up to 32 datagrams of each socket, then the tick if it is due and all has been read. */
export function openLoop<Mail>(read: (mail: Mail) => void, tick: () => void): Loop<Mail> {
  const sockets: Record<PathName, Mail[]> = { access: [], server: [] };
  let posted: (() => unknown)[] = [];
  let doing: (() => unknown)[] = [];
  let tickDue = false;
  let rounds = 0;
  let halts = 0;
  let running = false;
  let ended = false;
  const round = () => {
    const mails = [...sockets.access.splice(0, READ_AT_ONCE), ...sockets.server.splice(0, READ_AT_ONCE)];
    doing = [...posted, ...mails.map((mail) => () => read(mail))];
    posted = [];
    rounds++;
    const isRead = rounds >= MOST_ROUNDS || mails.length < READ_AT_ONCE;
    if (tickDue && isRead) doing.push(tick);
    if (isRead) [tickDue, rounds] = [false, 0];
    return doing.length > 0;
  };
  const run = () => {
    if (running) return;
    running = true;
    while (halts === 0 && !ended && (doing.length > 0 || round())) doing.shift()?.();
    running = false;
  };
  return {
    receive: (path, mail) => {
      if (sockets[path].length < SOCKET_HOLDS) sockets[path].push(mail);
      run();
    },
    post: (what) => {
      posted.push(what);
      run();
    },
    timerDue: () => {
      tickDue = true;
      run();
    },
    first: (...what) => {
      doing.unshift(...what);
      run();
    },
    halt: () => {
      halts++;
    },
    goOn: () => {
      halts--;
      run();
    },
    isHalted: () => halts > 0,
    isEnded: () => ended,
    end: () => {
      ended = true;
    },
  };
}
