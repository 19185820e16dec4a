import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { until } from '../clock/until.ts';
import { beginContainerTests, smallLab } from '../driver/docker/labs-for-tests.ts';

const { state: STATE, skip } = await beginContainerTests(t);
const { Lab } = await import('./lab.ts');
const { collectGarbage } = await import('./gc.ts');
const { NOTHING, remainsOf } = await import('../driver/docker/remains-for-tests.ts');
const { begin, createContainer } = await import('../driver/docker/containers.ts');
const { driverNamed } = await import('../driver/drivers.ts');
const { findImage, HOST_IMAGE } = await import('../driver/docker/image.ts');
const { openEngine } = await import('../driver/docker/engine.ts');
const { LABELS } = await import('../driver/docker/specification.ts');

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const NAME = `engine${process.pid}`;

const docker = driverNamed('docker');

t.test(
  'a container of a lab that nobody knows any more is removed by gc; one that is not ours is not',
  { skip },
  async (t) => {
    const engine = await openEngine();
    const { name: Image } = await findImage(engine, HOST_IMAGE);
    const idle = { Image, Cmd: ['sleep', '60'], HostConfig: { NetworkMode: 'none', Binds: ['/usr:/usr:ro'] } };
    const stray = `${NAME}-stray`;
    const started = async (register: string) =>
      begin(await createContainer(engine, { ...idle, Labels: { [LABELS.lab]: stray, [LABELS.register]: register } }));
    await started(STATE);
    const other = await started('/elsewhere');
    t.teardown(() => engine.docker.getContainer(other.id).remove({ force: true }));
    t.same((await collectGarbage()).labs, [stray]);
    t.same((await remainsOf(stray)).containers, 0);
    t.equal((await engine.docker.getContainer(other.id).inspect()).State.Running, true);
  },
);

t.test('a lab whose engine went away can be removed', { skip, timeout: 60_000 }, async (t) => {
  const lab = `${NAME}-gone`;
  await docker.make(smallLab(lab));
  const sleeper = new Lab(smallLab(lab)).node('nlb1').start('sleep', ['sleep', '600']);
  writeFileSync(path.join(STATE, lab, 'engine'), 'unix:///nowhere');
  const down = await execa(process.execPath, [CLI, 'down', lab], {
    env: { ONEVIP_STATE: STATE, DOCKER_HOST: 'unix:///nowhere' },
    reject: false,
  });
  t.equal(down.exitCode, 0, down.stderr);
  await until(() => !existsSync(`/proc/${sleeper.id}`), { what: 'its programs have ended', withinMs: 5000 });
  t.match(await remainsOf(lab), { namespaces: 0, groups: 0, mounts: 0, folders: 0 });
  t.same((await collectGarbage()).labs, [lab], 'and once the engine is back, gc removes its containers');
  t.same(await remainsOf(lab), NOTHING);
});

t.test('without an engine nothing is made, and what to do is said', async (t) => {
  const up = await execa(process.execPath, [CLI, 'up', '--driver', 'docker', '--name', `${NAME}-no`], {
    env: { ONEVIP_STATE: STATE, DOCKER_HOST: 'unix:///nowhere' },
    reject: false,
  });
  t.equal(up.exitCode, 3);
  t.match(
    up.stderr,
    /no lab can be made with docker: there is no engine at unix:\/\/\/nowhere: nothing is there. Start it/,
  );
  t.notOk(existsSync(path.join(STATE, `${NAME}-no`)));
});

t.test('without the image nothing is made, and what to do is said', { skip }, async (t) => {
  const up = await execa(process.execPath, [CLI, 'up', '--driver', 'docker', '--name', `${NAME}-no`], {
    env: { ONEVIP_STATE: STATE, ONEVIP_IMAGE: 'onevip-there-is-none' },
    reject: false,
  });
  t.equal(up.exitCode, 3);
  t.match(up.stderr, /no lab can be made with docker: .* has no image onevip-there-is-none.*docker build -t/);
  t.same(await remainsOf(`${NAME}-no`), NOTHING);
});
