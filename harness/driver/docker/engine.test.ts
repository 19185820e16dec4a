import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { begin } from './containers.ts';
import { connectionTo, engineAddress, openEngine, whyNoAnswer } from './engine.ts';
import { findImage, HOST_IMAGE } from './image.ts';

/** What comes with the answer to a ping. */
const DOCKER = { 'api-version': '1.41', server: 'Docker/20.10.24+dfsg1 (linux)' };
const PODMAN = { 'api-version': '1.41', server: 'Libpod/4.3.1 (linux)' };

/** The path of a socket has at most 107 bytes. */
function shortFolder(t: Test): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'engine-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What an engine would answer, by path behind the version: a status, or an object. Gives its address. */
async function answering(t: Test, greeting: object, answers: Record<string, object | number> = {}): Promise<string> {
  const socket = path.join(shortFolder(t), 'socket');
  const server = createServer((request, response) => {
    const known: Record<string, object | number> = { '/_ping': {}, '/info': {}, ...answers };
    const answer = known[(request.url ?? '').replace(/^\/v1\.\d+/, '')] ?? 404;
    const [status, body] = typeof answer === 'number' ? [answer, { message: 'no such thing' }] : [200, answer];
    response.writeHead(status, { 'content-type': 'application/json', ...greeting }).end(JSON.stringify(body));
  });
  server.listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `unix://${socket}`;
}

t.test('an engine is named by DOCKER_HOST, or is where engines listen', async (t) => {
  t.equal(
    engineAddress({ DOCKER_HOST: 'tcp://h:1' }, () => true),
    'tcp://h:1',
  );
  t.equal(
    engineAddress({}, () => true),
    'unix:///var/run/docker.sock',
  );
  t.equal(
    engineAddress({}, (file) => file.includes('podman')),
    'unix:///run/podman/podman.sock',
  );
  t.equal(
    engineAddress({ DOCKER_HOST: '' }, () => false),
    undefined,
  );
});

t.test('an address is a socket or a host', async (t) => {
  t.same(connectionTo('unix:///a/b'), { socketPath: '/a/b' });
  t.same(connectionTo('tcp://10.0.0.1:2376'), { protocol: 'http', host: '10.0.0.1', port: '2376' });
  t.same(connectionTo('tcp://here'), { protocol: 'http', host: 'here', port: '2375' });
  t.throws(() => connectionTo('ssh://there'), /DOCKER_HOST is ssh:\/\/there: an engine is reached by unix:/);
});

t.test('an engine that fits says who it is', async (t) => {
  t.equal((await openEngine(await answering(t, DOCKER))).version, 'Docker 20.10.24+dfsg1');
  t.equal((await openEngine(await answering(t, PODMAN))).version, 'Podman 4.3.1');
});

t.test('what is missing is said, with what to do', async (t) => {
  await t.rejects(openEngine(`unix://${shortFolder(t)}/none`), {
    message: /no engine at .*nothing is there. Start it/,
  });
  const stale = path.join(shortFolder(t), 'stale');
  const server = createServer().listen(stale);
  await once(server, 'listening');
  const closed = once(server, 'close');
  server.close();
  await closed;
  rmSync(stale, { force: true });
  writeFileSync(stale, '');
  await t.rejects(openEngine(`unix://${stale}`), { message: /nobody listens there. Start it/ });
  t.match(
    whyNoAnswer('unix:///s', { code: 'EACCES', message: '' }),
    'no permission to speak to the engine at unix:///s: start as root',
  );
});

t.test('an engine that is too old is refused, with both versions', async (t) => {
  const old = await answering(t, { ...DOCKER, 'api-version': '1.39' });
  await t.rejects(openEngine(old), {
    name: 'EngineProblem',
    message: /\(Docker 20.10.24\+dfsg1\) speaks version 1.39 of Docker's API, and labs need 1.40/,
  });
});

t.test('what answers and is no engine is refused', async (t) => {
  const message = /gives no sensible answer: to a ping it answers/;
  await t.rejects(openEngine(await answering(t, {})), { name: 'EngineProblem', message });
  await t.rejects(openEngine(await answering(t, DOCKER, { '/_ping': 500 })), { name: 'EngineProblem', message });
});

/** What each answers to /info, of what tells. */
const ROOTLESS = {
  'Docker 20.10': { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] },
  'Podman 4.3': { SecurityOptions: ['name=seccomp,profile=default'], Rootless: true },
};
for (const [name, info] of Object.entries(ROOTLESS))
  t.test(`a rootless ${name} is refused, with what it cannot do`, async (t) => {
    const rootless = await answering(t, DOCKER, { '/info': info });
    await t.rejects(openEngine(rootless), {
      name: 'EngineProblem',
      message: /is rootless: .* no link can be moved to and no packet program loaded\. Use one that runs as root/,
    });
  });

t.test('an image that is missing is not downloaded: the command that makes it is said', async (t) => {
  const engine = await openEngine(await answering(t, DOCKER));
  await t.rejects(findImage(engine, HOST_IMAGE), {
    name: 'EngineProblem',
    message: /no image onevip-host:latest.*\.\/onevip image/,
  });
  await t.rejects(findImage(engine, 'mine'), { message: /docker build -t mine harness\/driver\/docker/ });
});

t.test('an image says whether its programs are this machine’s', async (t) => {
  const image = (labels: object) => ({ Config: { Labels: labels } });
  const engine = await openEngine(
    await answering(t, DOCKER, {
      '/images/host/json': image({ 'onevip.userland': 'host' }),
      '/images/own/json': image({}),
    }),
  );
  t.same(await findImage(engine, 'host'), { name: 'host', isHosts: true });
  t.same(await findImage(engine, 'own'), { name: 'own', isHosts: false });
});

t.test('a container that ends at once is said, with what its image must have', async (t) => {
  const inspected = (State: object) => ({
    Id: 'x',
    Name: '/ov-lab.nlb1',
    Config: { Image: 'mine', Labels: {} },
    State,
  });
  const engine = await openEngine(
    await answering(t, DOCKER, {
      '/containers/lives/start': 204,
      '/containers/lives/json': inspected({ Running: true, Pid: 17 }),
      '/containers/died/start': 204,
      '/containers/died/json': inspected({ Running: false, ExitCode: 127, Pid: 0 }),
    }),
  );
  t.same(await begin(engine.docker.getContainer('lives')), { id: 'lives', pid: 17 });
  await t.rejects(begin(engine.docker.getContainer('died')), {
    name: 'EngineProblem',
    message: /ov-lab.nlb1 ended at once, with exit status 127: has its image mine sh, nsenter and setpriv/,
  });
});
