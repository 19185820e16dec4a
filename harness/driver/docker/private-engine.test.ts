import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { begin, createContainer } from './containers.ts';
import { openEngine } from './engine.ts';
import { startEngine, whyNotStarted } from './engine-for-tests.ts';
import { HOST_IMAGE, makeHostImage } from './image.ts';

/** Every process that has the folder in its command line, by its words. */
const processesWith = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => commandLine(`/proc/${pid}/cmdline`))
    .filter((words) => words.includes(`${folder}/`));

const commandLine = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // It has ended.
  }
};

const mountsIn = (folder: string): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(` ${folder}/`));

for (const kind of ['docker', 'podman'] as const)
  t.test(`a private ${kind} ends with all that ran in it`, { skip: whyNotStarted(kind) ?? false }, async (t) => {
    const { address, end } = await startEngine(kind);
    const folder = path.dirname(address.replace('unix://', ''));
    const engine = await openEngine(address);
    await makeHostImage(engine);
    const Binds = ['/usr:/usr:ro'];
    const idle = { Image: HOST_IMAGE, Cmd: ['sleep', '600'] };
    const start = async (HostConfig: object, name?: string) =>
      begin(await createContainer(engine, { ...idle, ...(name !== undefined && { name }), HostConfig }));
    await start({ NetworkMode: 'none', Binds }, 'holder');
    const inside = await start({ NetworkMode: 'container:holder', Binds });
    t.ok(existsSync(`/proc/${inside.pid}`));
    t.ok(mountsIn(folder).length > 0 && processesWith(folder).length > 0, 'there is something to remove');
    await end();
    t.notOk(existsSync(`/proc/${inside.pid}`));
    t.same([mountsIn(folder), processesWith(folder), existsSync(folder)], [[], [], false]);
  });
