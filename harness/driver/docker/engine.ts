import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type Docker from 'dockerode';

/** An engine of containers that speaks Docker's API, and has been asked who it is. */
export interface Engine {
  docker: Docker;
  /** As DOCKER_HOST has it. */
  address: string;
  /** Docker 20.10.24, or Podman 4.3.1. */
  version: string;
}

/** Why no lab can be made with an engine, and what to do about it: for the user, without a stack. */
export class EngineProblem extends Error {
  override name = 'EngineProblem';
}

/** Where engines listen that nobody has named: Docker's, and Podman's for root. */
const SOCKETS = ['/var/run/docker.sock', '/run/podman/podman.sock'];
/** Of Docker 19.03 and Podman 4: the first with all that a lab asks for. */
const OLDEST_API = 40;

/** The engine that DOCKER_HOST names, or the first whose socket is there; undefined where there is neither. */
export function engineAddress(
  { DOCKER_HOST }: NodeJS.ProcessEnv = process.env,
  isThere: (file: string) => boolean = existsSync,
): string | undefined {
  if (DOCKER_HOST) return DOCKER_HOST;
  const socket = SOCKETS.find(isThere);
  return socket === undefined ? undefined : `unix://${socket}`;
}

/** @throws EngineProblem where the address is not one that can be spoken to */
export function connectionTo(address: string): Docker.DockerOptions {
  const [, scheme = '', rest = ''] = /^(\w+):\/\/(.*)$/.exec(address) ?? [];
  if (scheme === 'unix') return { socketPath: rest };
  if (scheme === 'tcp' || scheme === 'http') {
    const { hostname, port } = new URL(`http://${rest}`);
    return { protocol: 'http', host: hostname, port: port || '2375' };
  }
  throw new EngineProblem(`DOCKER_HOST is ${address}: an engine is reached by unix:///path or tcp://host:port`);
}

/**
 * Speaks to the engine at the address, and sees that a lab can be made with it.
 * @throws EngineProblem saying what is missing and what to do
 */
export async function openEngine(address = engineAddress()): Promise<Engine> {
  const engine = await reachEngine(address);
  if (isRootless(await asked(engine.address, () => engine.docker.info())))
    throw new EngineProblem(
      `the engine at ${engine.address} is rootless: its containers are in a user namespace that is not root's, where no link can be moved to and no packet program loaded. Use one that runs as root`,
    );
  return engine;
}

/**
 * Speaks to an engine that a lab has been made with: whether one can be, which takes Podman half a second to say, is not asked again.
 * @throws EngineProblem as openEngine does
 */
export async function reachEngine(address = engineAddress()): Promise<Engine> {
  if (address === undefined)
    throw new EngineProblem(
      `there is no engine of containers: DOCKER_HOST is not set, and neither ${SOCKETS.join(' nor ')} is there. Install one (apt-get install docker.io), or start one for yourself: harness/driver/docker/private-engine`,
    );
  const connection = connectionTo(address);
  const { default: Client } = await import('dockerode');
  const { version, api } = await asked(address, () => greet(connection));
  const [major, minor] = api.split('.').map(Number);
  if (major !== 1 || (minor ?? 0) < OLDEST_API)
    throw new EngineProblem(
      `the engine at ${address} (${version}) speaks version ${api} of Docker's API, and labs need 1.${OLDEST_API} or newer: Docker 19.03, Podman 4`,
    );
  return { docker: new Client({ ...connection, version: `v${api}` }), address, version };
}

/**
 * Who it is, and which version of the API it speaks, by what comes with the answer to a ping. Of its /version Podman asks the package
 * manager first: 0.6 s and more against 1 ms.
 */
async function greet({ socketPath, host, port }: Docker.DockerOptions): Promise<{ version: string; api: string }> {
  const request = get({ socketPath, host, port, path: '/_ping', agent: false });
  const [{ statusCode, headers }] = (await once(request, 'response')) as [IncomingMessage];
  request.destroy();
  const api = headers['api-version'];
  if (statusCode !== 200 || typeof api !== 'string')
    throw new Error(`to a ping it answers ${statusCode}, without a version of Docker's API`);
  const [, name = 'Docker', version = ''] = /^(\w+)\/(\S+)/.exec(String(headers.server)) ?? [];
  return { version: `${name === 'Libpod' ? 'Podman' : name} ${version}`, api };
}

/** Docker says it among its security options, Podman in a field of its own. */
function isRootless({
  SecurityOptions = [],
  Rootless = false,
}: {
  SecurityOptions?: string[];
  Rootless?: boolean;
}): boolean {
  return Rootless || SecurityOptions.some((option) => option.includes('rootless'));
}

async function asked<T>(address: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new EngineProblem(whyNoAnswer(address, error as NodeJS.ErrnoException));
  }
}

/** What it means that the engine gave that error instead of an answer. */
export function whyNoAnswer(
  address: string,
  { code, message }: { code?: string | undefined; message: string },
): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `you have no permission to speak to the engine at ${address}: start as root, or as a member of its socket's group (docker)`;
    case 'ENOENT':
      return `there is no engine at ${address}: nothing is there. Start it (systemctl start docker), or set DOCKER_HOST`;
    case 'ECONNREFUSED':
      return `there is no engine at ${address}: nobody listens there. Start it (systemctl start docker), or set DOCKER_HOST`;
    default:
      return `the engine at ${address} gives no sensible answer: ${message}`;
  }
}
