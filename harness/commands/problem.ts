/** Exit codes of the command line; 64 is EX_USAGE of sysexits.h, 130 what a shell says of a program that SIGINT ended. */
export const EXIT = { passed: 0, failed: 1, provedNothing: 2, machineUnfit: 3, usage: 64, interrupted: 130 } as const;

/** Something that the user can put right: shown as its message alone, without a stack. */
export class UserError extends Error {
  override name = 'UserError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
