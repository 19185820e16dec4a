import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { ownerProblem } from './file-access.ts';

/** The secrets of a key file, the signing one first; or everything that is wrong with it. */
export type KeyFile = { secrets: Uint8Array[] } | { problems: string[] };

/** As many as the output of HMAC-SHA-256 (RFC 2104 section 3: fewer would weaken it). */
const SECRET_BYTES = 32;
const MAX_FILE_BYTES = 4096;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads a key file: one or two lines of base64, each of 32 bytes or more. The first signs, both verify, so that a new key
 * can be made known to both nodes before either signs with it. No message holds any of its content.
 * @param userId whose daemon reads it: besides root, the only one who may own it
 */
export function readKeyFile(file: string, userId = process.geteuid?.() ?? 0): KeyFile {
  try {
    // A pipe without a writer would block for ever.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return examine(descriptor, userId);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return { problems: [`cannot be read: ${(error as Error).message}`] };
  }
}

/** What is looked at is what is read, even where the name is given to another file meanwhile. */
function examine(descriptor: number, userId: number): KeyFile {
  const stats = fstatSync(descriptor);
  if (!stats.isFile()) return { problems: ['is not a regular file'] };
  const { secrets, problems } = parseKeys(textOf(descriptor));
  const all = [...accessProblems(stats, userId), ...problems];
  return all.length > 0 ? { problems: all } : { secrets };
}

function textOf(descriptor: number): string {
  const bytes = Buffer.alloc(MAX_FILE_BYTES + 1);
  return bytes.toString('latin1', 0, readSync(descriptor, bytes));
}

function accessProblems({ mode, uid }: Stats, userId: number): string[] {
  const owner = ownerProblem({ uid }, userId);
  const problems = owner === undefined ? [] : [owner];
  const bits = mode & 0o777;
  if ((bits & 0o077) !== 0)
    problems.push(`has mode 0${bits.toString(8)}; none but its owner may have access to it (chmod 600)`);
  return problems;
}

function parseKeys(text: string): { secrets: Uint8Array[]; problems: string[] } {
  const lines = text.replace(/\n$/, '').split('\n');
  if (text === '') return { secrets: [], problems: ['is empty; it must hold one or two lines of base64'] };
  if (text.length > MAX_FILE_BYTES) return { secrets: [], problems: [`has more than ${MAX_FILE_BYTES} bytes`] };
  const secrets = lines.map((line) => Buffer.from(line, 'base64'));
  const count = lines.length > 2 ? [`has ${lines.length} lines; it must hold one or two`] : [];
  const bad = lines.flatMap((line, i) => lineProblem(line, i + 1) ?? []);
  return { secrets, problems: [...count, ...bad] };
}

function lineProblem(line: string, number: number): string | undefined {
  if (!BASE64.test(line)) return `line ${number} is not base64`;
  const { length } = Buffer.from(line, 'base64');
  return length < SECRET_BYTES ? `line ${number} holds ${length} bytes; a key has at least ${SECRET_BYTES}` : undefined;
}
