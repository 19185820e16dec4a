/** A directory, or a symbolic link. */
export interface Entry {
  /** Path from the top, at most 100 bytes, without a slash at either end. */
  name: string;
  mode?: number;
  /** Of a link. */
  target?: string;
}

const BLOCK = 512;
const [SYMLINK, DIRECTORY] = ['2', '5'];

/** An archive of directories and links that belong to root (POSIX.1-1988, the format ustar): a header for each, then two empty blocks. */
export const tar = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([...entries.map(header), Buffer.alloc(2 * BLOCK)]);

function header({ name, mode, target }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  const isLink = target !== undefined;
  block.write(isLink ? name : `${name}/`, 0, 100);
  block.write(octal(mode ?? (isLink ? 0o777 : 0o755), 8), 100);
  for (const [at, width] of [
    [108, 8],
    [116, 8],
    [124, 12],
    [136, 12],
  ] as const)
    block.write(octal(0, width), at);
  block.write(' '.repeat(8), 148);
  block.write(isLink ? SYMLINK : DIRECTORY, 156);
  if (isLink) block.write(target, 157, 100);
  block.write('ustar\0' + '00', 257);
  block.write(
    octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return block;
}

/** A number that fills its field but for the last byte, which ends it. */
const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
