import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { until } from '../clock/until.ts';
import { beginContainerTests, SMALL_PLAN, smallLab } from '../driver/docker/labs-for-tests.ts';

/** Three moments of the making in every test run; in the nightly one fifty moments of a lab's whole life, or as many as ONEVIP_NIGHTLY says. */
const { ONEVIP_NIGHTLY: nightly } = process.env;
const MOMENTS = nightly === undefined ? 0 : Number(nightly) > 1 ? Number(nightly) : 50;
t.setTimeout(nightly === undefined ? 120_000 : 3_600_000);

const { state: STATE, skip } = await beginContainerTests(t);
const { collectGarbage } = await import('./gc.ts');
const { list } = await import('../driver/registry.ts');
const { NOTHING, remainsOf } = await import('../driver/docker/remains-for-tests.ts');
const { driverNamed } = await import('../driver/drivers.ts');

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const NAME = `killed${process.pid}`;
const docker = driverNamed('docker');

function onevip(words: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [CLI, ...words], {
    stdio: 'ignore',
    env: { ...process.env, ...env, ONEVIP_STATE: STATE },
  });
}

const up = (lab: string, env?: NodeJS.ProcessEnv) =>
  onevip(['up', 'invention', '--servers', '1', '--driver', 'docker', '--name', lab], env);

/** Nothing but the process: whatever it has started runs on. */
async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** By `gc`, and where the lab had been handed over, which `gc` leaves alone, by `down`. */
async function remove(lab: string): Promise<void> {
  if (list().labs.some(({ name, owner }) => name === lab && !owner)) await once(onevip(['down', lab]), 'exit');
  // What the engine had been asked for appears when it likes.
  const isGone = async () => {
    await collectGarbage();
    return JSON.stringify(await remainsOf(lab)) === JSON.stringify(NOTHING);
  };
  await until(isGone, { what: `nothing is left of ${lab}`, withinMs: 15_000, everyMs: 200 });
}

t.test(
  'whenever the making of a lab is killed, gc leaves nothing of it, and the name can be had again',
  { skip, timeout: 120_000 },
  async (t) => {
    for (const afterMs of [0, 300, 1500]) {
      const child = up(NAME);
      const begins = () => existsSync(path.join(STATE, NAME, 'lab.json'));
      await until(begins, { what: `${NAME} begins`, withinMs: 20_000, everyMs: 2 });
      // The moment is what is tried, and no condition.
      await pause(afterMs);
      await kill(child);
      const left = await remainsOf(NAME);
      await remove(NAME);
      t.same(await remainsOf(NAME), NOTHING, `killed after ${afterMs} ms, which left ${JSON.stringify(left)}`);
    }
    await docker.make(smallLab(NAME));
    t.equal((await remainsOf(NAME)).containers, 2 * SMALL_PLAN.nodes.length);
    await docker.unmake(smallLab(NAME));
  },
);

/** `ip` that makes the bridge of a LAN, and its first cable, and then goes no further. */
const halfWired = (real: string): string => `#!/bin/sh
case "$2" in
  *.lan.*) head -n 2 | ${real} "$@" && : >"$0.begun" && exec sleep 60 ;;
esac
exec ${real} "$@"
`;

t.test(
  'a lab whose maker is killed between one cable and the next blocks no other, nor its own name',
  { skip, timeout: 60_000 },
  async (t) => {
    const lab = `${NAME}-wires`;
    const real = execFileSync('sh', ['-c', 'command -v ip'], { encoding: 'utf8' }).trim();
    const folder = t.testdir({ ip: halfWired(real) });
    chmodSync(path.join(folder, 'ip'), 0o755);
    const child = up(lab, { PATH: `${folder}:${process.env.PATH}` });
    const begun = () => existsSync(path.join(folder, 'ip.begun'));
    await until(begun, { what: `the first cable of ${lab}`, withinMs: 20_000, everyMs: 5 });
    await kill(child);
    const other = smallLab(`${NAME}-other`);
    await docker.make(other);
    t.equal((await remainsOf(other.name)).containers, 2 * SMALL_PLAN.nodes.length, 'another lab is made beside it');
    await docker.unmake(other);
    await remove(lab);
    await docker.make(smallLab(lab));
    t.equal(
      (await remainsOf(lab)).containers,
      2 * SMALL_PLAN.nodes.length,
      'and once gc has been there, one of its name',
    );
    await docker.unmake(smallLab(lab));
    t.same(await remainsOf(lab), NOTHING);
  },
);

/** Makes a lab and takes it down, and is killed so long after it began; gives which of the two was. */
async function killedAfter(lab: string, afterMs: number): Promise<'up' | 'down' | 'neither'> {
  const moment = pause(afterMs, 'killed' as const);
  for (const word of ['up', 'down'] as const) {
    const child = word === 'up' ? up(lab) : onevip(['down', lab]);
    const ended = once(child, 'exit').then(() => 'ended' as const);
    if ((await Promise.race([moment, ended])) === 'ended') continue;
    await kill(child);
    return word;
  }
  return 'neither';
}

const isAsked = MOMENTS > 0 ? false : 'ONEVIP_NIGHTLY=1 tries fifty, in some six minutes';

t.test('at any moment of a lab’s life, so does gc', { skip: skip || isAsked, timeout: 3_600_000 }, async (t) => {
  const began = performance.now();
  await killedAfter(NAME, 60_000);
  const lifeMs = performance.now() - began;
  const tried = { up: 0, down: 0, neither: 0 };
  const most = { ...NOTHING };
  for (let moment = 0; moment < MOMENTS; moment++) {
    const afterMs = Math.random() * lifeMs;
    tried[await killedAfter(NAME, afterMs)]++;
    const left = await remainsOf(NAME);
    for (const what of Object.keys(most) as (keyof typeof most)[]) most[what] = Math.max(most[what], left[what]);
    await remove(NAME);
    t.same(await remainsOf(NAME), NOTHING, `after ${afterMs.toFixed(0)} ms, which left ${JSON.stringify(left)}`);
  }
  t.comment(
    `of a life of ${lifeMs.toFixed(0)} ms, killed: ${JSON.stringify(tried)}; left at most ${JSON.stringify(most)}`,
  );
  t.ok(tried.up > 0 && most.containers > 0, 'some had made something');
});
