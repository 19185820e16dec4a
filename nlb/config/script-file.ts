import { accessSync, constants, statSync } from 'node:fs';

/** Why a state script could not be run; undefined when it could. */
export function scriptProblem(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return 'is not a regular file';
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'may not be executed (chmod +x)' : `cannot be run: ${message}`;
  }
}
