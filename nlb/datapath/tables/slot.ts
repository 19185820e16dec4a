import { CONSTANTS } from '../program/layout.ts';

/**
 * The content of a slot, in a row of the data path or in a wanted selection: the id of a server, and the mark that says that the slot
 * is held: first packets of its flows then wait in user space. Without a server a row has NO_SERVER, and a wanted selection -1.
 */
const { NO_SERVER, SLOT_HELD } = CONSTANTS;

/** -1 for none. */
export function serverIn(content: number): number {
  const id = content < 0 ? NO_SERVER : content & ~SLOT_HELD;
  return id === NO_SERVER ? -1 : id;
}

/** A wanted slot without a server is not held: its -1 has no mark. */
export const isHeld = (content: number): boolean => content >= 0 && (content & SLOT_HELD) !== 0;

/** The same slot, held. */
export const held = (content: number): number => (content < 0 ? NO_SERVER : content) | SLOT_HELD;
