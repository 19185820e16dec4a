import type { ProbeEnded } from '../history/event.ts';

/** How a probe without an answer ended, by the error's code. */
export function outcomeOf(code: string | undefined): Exclude<ProbeEnded['outcome'], 'answered'> {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    default:
      return 'lost';
  }
}

/** The code of an error of the operating system: `ECONNRESET`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
