import type { Standing } from '../beat.ts';

/** Heartbeats as the model sends them, and which of them are news. The real codec and order have tests of their own. */
export interface Mail {
  standing: Standing;
  /** Which life of the sending daemon. */
  life: number;
  counter: number;
  /** The sender's hardware address on the access subnet. */
  mac: string;
}

/** The latest of the peer's beats that was heard. */
export interface News {
  life: number;
  counter: number;
}

export const noNews: News = { life: 0, counter: 0 };

/** What is known after a beat that is newer than all before; undefined where it is not. */
export function fresh(news: News, { life, counter }: Mail): News | undefined {
  const isNewer = life > news.life || (life === news.life && counter > news.counter);
  return isNewer ? { life, counter } : undefined;
}
