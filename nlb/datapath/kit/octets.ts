import fc from 'fast-check';

/** Support for generated frames: choices, and octets. */

/** The usual value 20 times in 21. Not drawn by an integer, because fast-check prefers small ones. */
export const usually = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

/** 16-bit words in network order. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, 2 * index);
  return bytes;
}
