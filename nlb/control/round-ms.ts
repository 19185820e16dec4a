/** Milliseconds, to the microsecond: what is finer is noise in an operator's eyes. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
