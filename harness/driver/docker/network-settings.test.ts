import { execa } from 'execa';
import t from 'tap';
import { begin, createContainer } from './containers.ts';
import { openEngine } from './engine.ts';
import { startEngine, whyNotStarted } from './engine-for-tests.ts';
import { HOST_IMAGE, makeHostImage } from './image.ts';
import { areClosed } from './network-settings.ts';
import { LABELS } from './specification.ts';

const line = (place: string, options: string) =>
  `868 1757 0:500 / ${place} ${options},nosuid,nodev,noexec,relatime - proc proc rw`;

t.test('a container’s network settings are closed where all of /proc/sys is mounted read-only', async (t) => {
  t.ok(areClosed([line('/proc', 'rw'), line('/proc/bus', 'ro'), line('/proc/sys', 'ro')].join('\n')), 'Podman 4.3');
  t.notOk(
    areClosed([line('/proc', 'rw'), line('/proc/sys/fs', 'ro'), line('/proc/sys/vm', 'ro')].join('\n')),
    'Docker',
  );
});

t.test('Podman’s containers can change them, and no others', { skip: whyNotStarted('podman') ?? false }, async (t) => {
  const { address, end } = await startEngine('podman');
  t.teardown(end);
  const engine = await openEngine(address);
  await makeHostImage(engine);
  const container = await createContainer(engine, {
    Image: HOST_IMAGE,
    Cmd: ['sleep', '600'],
    Labels: { [LABELS.part]: 'node' },
    HostConfig: { NetworkMode: 'none', Binds: ['/usr:/usr:ro'] },
  });
  const { pid } = await begin(container);
  const write = (name: string) =>
    execa(
      'nsenter',
      [
        ...['--target', `${pid}`, '--mount', '--net', '--pid'],
        ...['sh', '-c', `cat /proc/sys/${name} | tee /proc/sys/${name}`],
      ],
      { reject: false },
    );
  t.match(await write('net/ipv4/ip_forward'), { exitCode: 0, stderr: '' });
  t.match((await write('kernel/panic_on_oops')).stderr, /Read-only file system/);
});
