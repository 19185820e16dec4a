import { getSystemErrorName } from 'node:util';

/**
 * The kernel said no. The facts are fields; the message is composed here and nowhere else.
 *
 * `operation` is what was asked (`add address`), `subject` what it was asked for (`10.77.1.100/32 on 7`), `errno` the
 * kernel's name for the reason (`EPERM`), `detail` what it said besides, for instance the verifier's last lines.
 */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly operation: string;
  readonly subject: string;
  readonly errno: string;
  readonly detail: string | undefined;

  constructor(operation: string, subject: string, errnoNumber: number, detail?: string) {
    const errno = errnoName(errnoNumber);
    super(`The kernel refused to ${operation} (${subject}): ${errno}${detail ? `\n${detail}` : ''}`);
    this.operation = operation;
    this.subject = subject;
    this.errno = errno;
    this.detail = detail;
  }
}

/** `17` → `EEXIST`. A number that has no name is given as `errno 524`. */
function errnoName(number: number): string {
  const name = number > 0 ? getSystemErrorName(-number) : '';
  return name.startsWith('E') ? name : `errno ${number}`;
}
