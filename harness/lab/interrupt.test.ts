import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';

/** Does nothing until it is ended, and says when it is asked to. */
const PROGRAM = `
import { endSoonOnInterrupt } from './interrupt.ts';
const signal = endSoonOnInterrupt();
signal.addEventListener('abort', () => console.log(signal.reason.message));
setInterval(() => {}, 1000);
console.log('ready');
`;

t.test('the first signal asks for an early end, and the second is the end', async (t) => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', PROGRAM], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    t.equal((await lines.next()).value, 'ready');
    child.kill(signal);
    t.equal((await lines.next()).value, 'interrupted');
    child.kill(signal);
    t.same(await exited, [exitCode, null]);
  }
});
