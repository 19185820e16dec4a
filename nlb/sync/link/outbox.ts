import type { PathName } from '../../pair/beat.ts';
import { type FromActive, isSame, type Message } from '../records.ts';

/**
 * What is sent at the end of a turn of the event loop: what was said one after the other within it goes together, so that a burst of
 * packets costs few datagrams, and a burst of datagrams one acknowledgement.
 */
export interface Waiting {
  said: Message;
  /** By which it goes; undefined where that is chosen when it goes. */
  path: PathName | undefined;
}

/** Puts it behind what waits, or together with it. */
export function putInto(waiting: Waiting[], { said, path }: Waiting): void {
  const last = waiting.at(-1);
  const isAlike = last?.path === path && last?.said.type === said.type && isSame(last.said.session, said.session);
  if (isAlike && said.type === 'acknowledgement') waiting[waiting.length - 1] = { said, path };
  else if (isAlike && said.type === 'records' && last.said.type === 'records' && nextOf(last.said) === said.first)
    waiting[waiting.length - 1] = { said: { ...last.said, records: append(last.said.records, said.records) }, path };
  else waiting.push({ said: said.type === 'records' ? { ...said, records: [...said.records] } : said, path });
}

type Records = Extract<FromActive, { type: 'records' }>;
const nextOf = ({ first, records }: Records): number => first + records.length;

/** The first list is this file's own, so it may grow in its place: a burst is of thousands. */
function append(own: Records['records'], more: Records['records']): Records['records'] {
  const list = own as Records['records'][number][];
  for (const record of more) list.push(record);
  return list;
}
