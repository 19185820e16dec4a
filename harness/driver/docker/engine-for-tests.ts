import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../../clock/until.ts';
import { engineAddress, openEngine } from './engine.ts';
import { makeHostImage } from './image.ts';

/** Which engine a test file is about: ONEVIP_TEST_ENGINE says so where it is not Docker's. */
const KINDS = {
  docker: { program: 'dockerd', packages: 'docker.io' },
  podman: { program: 'podman', packages: 'podman runc' },
};
type Kind = keyof typeof KINDS;

/** An engine for a test file. */
export interface TestEngine {
  /** As DOCKER_HOST has it. */
  address: string;
  /** Ends it, where it was started for the tests. */
  end(): Promise<void>;
}

const PROGRAM = path.join(import.meta.dirname, 'private-engine');

/** Why no test with an engine can run here; undefined where it can. */
export function whyNoEngine(): string | undefined {
  if (process.getuid?.() !== 0) return 'a lab of containers needs root';
  return givenEngine() === undefined ? whyNotStarted(wantedKind()) : undefined;
}

/** Why no engine of that kind can be started here; undefined where it can. */
export function whyNotStarted(kind: Kind): string | undefined {
  const { program, packages } = KINDS[kind];
  const isThere = (process.env.PATH ?? '').split(':').some((folder) => existsSync(path.join(folder, program)));
  return isThere ? undefined : `there is no ${program} to start an engine of containers (apt-get install ${packages})`;
}

/** The engine that is there; where there is none, one that lives as long as this process. The image of this machine's programs is in it. */
export async function engineForTests(): Promise<TestEngine> {
  const given = givenEngine();
  const engine = given === undefined ? await startEngine(wantedKind()) : { address: given, end: async () => undefined };
  try {
    await makeHostImage(await openEngine(engine.address));
    return engine;
  } catch (error) {
    await engine.end();
    throw error;
  }
}

const wantedKind = (): Kind => (process.env.ONEVIP_TEST_ENGINE === 'podman' ? 'podman' : 'docker');

/** A test of Podman takes no other engine that happens to be there. */
const givenEngine = (): string | undefined => (wantedKind() === 'podman' ? undefined : engineAddress());

export async function startEngine(kind: Kind): Promise<TestEngine> {
  const folder = mkdtempSync(path.join(tmpdir(), 'onevip-engine-'));
  const child = spawn(PROGRAM, [folder, kind], { stdio: ['pipe', 'pipe', 'inherit'] });
  const end = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.ref();
    child.stdin.end();
    await once(child, 'exit');
  };
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const address = line.replace('DOCKER_HOST=', '');
  const log = () => readFileSync(path.join(folder, 'log'), 'utf8');
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error('the private engine has ended');
    if (/failed to start daemon|^Error: /m.test(log())) throw new Error(`the private engine does not start: ${log()}`);
    return openEngine(address).then(
      () => true,
      () => false,
    );
  };
  try {
    await until(answers, { what: `the private engine at ${address} answers`, withinMs: 30_000, everyMs: 50 });
  } catch (error) {
    await end();
    throw error;
  }
  // A test file is over when nothing is left to do: the engine must not count.
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
  return { address, end };
}
