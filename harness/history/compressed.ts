import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, zstdDecompressSync } from 'node:zlib';

/** How a history's file is named once it is compressed (RFC 8878): a tenth of its size. */
const ENDING = '.zst';

/** Compresses a history that is complete; gives the file's new name. */
export async function compressHistory(file: string): Promise<string> {
  const compressed = file + ENDING;
  await pipeline(createReadStream(file), createZstdCompress(), createWriteStream(compressed));
  rmSync(file);
  return compressed;
}

/** Whether there is a history of that name, compressed or not. */
export const isHistoryThere = (file: string): boolean => existsSync(file) || existsSync(file + ENDING);

const CHUNK_BYTES = 1024 * 1024;

/** The file's bytes in pieces: as it is, or decompressed, where it is named so, or only its compressed form is there. */
export function* piecesOf(file: string): Generator<Uint8Array> {
  if (!file.endsWith(ENDING) && existsSync(file)) return yield* piecesOfPlain(file);
  const bytes = zstdDecompressSync(readFileSync(file.endsWith(ENDING) ? file : file + ENDING));
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) yield bytes.subarray(from, from + CHUNK_BYTES);
}

function* piecesOfPlain(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let bytes = readSync(descriptor, chunk); bytes > 0; bytes = readSync(descriptor, chunk))
      yield chunk.subarray(0, bytes);
  } finally {
    closeSync(descriptor);
  }
}
