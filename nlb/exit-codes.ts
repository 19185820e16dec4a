/** How the programs end, after sysexits.h. */
export const EXIT = {
  ok: 0,
  /** Wrong usage of the command line. */
  usage: 64,
  /** nlbctl: no daemon answers. nlbd: one is running already. */
  unavailable: 69,
  /** A fault of the program itself. */
  software: 70,
  /** The kernel refused something that the daemon cannot do without. */
  system: 71,
  /** nlbctl: the daemon refused, or could not do it now. */
  refused: 75,
  /** The configuration is bad. */
  config: 78,
} as const;
