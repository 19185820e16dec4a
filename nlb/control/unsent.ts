import type { Datapath } from '../datapath/datapath.ts';

/** Of what was counted as forwarded: how much its interface did not send, or why that is not known. */
export type UnsentShown = { packets: number } | { why: string };

/** Nothing in user space, where it is an outcome. */
export function unsentShown({ unsent }: Pick<Datapath, 'unsent'>): UnsentShown | undefined {
  const counted = unsent?.();
  return counted && ('why' in counted ? counted : { packets: Number(counted.packets) });
}

export function unsentText(unsent: UnsentShown): string {
  return 'why' in unsent ? `NOT COUNTED: ${unsent.why}` : `${unsent.packets} of the packets forwarded`;
}
