import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Parameters, serve } from './control/socket.ts';
import { EXIT } from './exit-codes.ts';

/** Where a daemon would be, something that notes what it is asked, and refuses what is not forced. */
async function openDaemon(t: { teardown(end: () => void): unknown }) {
  const folder = mkdtempSync(join(tmpdir(), 'nlb-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 'nlbd.sock');
  const asked: Parameters[] = [];
  const { close } = await serve(socket, async (_, parameters) => {
    asked.push(parameters);
    return parameters.force ? { ok: true, value: {} } : { ok: false, error: 'nlb2 is not in step yet' };
  });
  t.teardown(close);
  const nlbctl = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(join(import.meta.dirname, 'bin/nlbctl'), ['--socket', socket, ...args], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? EXIT.ok, stdout, stderr }),
      );
    });
  return { asked, nlbctl };
}

t.test('a handover is forced by --force alone; without it a refusal is said, and is the exit code', async (t) => {
  const { asked, nlbctl } = await openDaemon(t);
  const refusal = { code: EXIT.refused, stdout: '', stderr: 'nlbctl: nlb2 is not in step yet\n' };
  t.same(await nlbctl('standby'), refusal);
  t.same(await nlbctl('takeover'), refusal);
  t.same(await nlbctl('standby', '--force'), { code: EXIT.ok, stdout: 'standby\n', stderr: '' });
  t.same(await nlbctl('takeover', '--force'), { code: EXIT.ok, stdout: 'active\n', stderr: '' });
  t.same(asked, [
    { command: 'standby' },
    { command: 'takeover' },
    { command: 'standby', force: true },
    { command: 'takeover', force: true },
  ]);
  t.match((await nlbctl('standby', '--help')).stdout, /--force .*connections may be\s+lost/s);
});
