import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { StartedOneVipLab } from 'onevip/testcontainers';

const TIMEOUT_MS = 5000;

/** An answer that has begun. */
export interface Answer {
  /** Who gives it, by its header. */
  server: string;
  /** Whether it came by a connection that had carried others before. */
  isReused: boolean;
  /** All of it. */
  body(): Promise<Buffer>;
}

/** Asks the cluster address from the lab's client. @throws when it is refused, reset, not answered in time, or no success */
export async function ask(lab: StartedOneVipLab, agent: Agent, path = '/'): Promise<Answer> {
  const asked: ClientRequest = request({ host: lab.getClusterAddress(), port: lab.getPort('http'), path, agent });
  asked.setTimeout(TIMEOUT_MS, () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${path} was answered with status ${response.statusCode}`);
  return {
    server: String(response.headers['x-served-by']),
    isReused: asked.reusedSocket,
    body: () => buffer(response),
  };
}

/** Who answers so many requests, each on a connection of its own; a request that is not answered fails all. */
export async function whoAnswers(lab: StartedOneVipLab, count: number): Promise<Set<string>> {
  const agent = lab.getClient().agent();
  const servers = new Set<string>();
  for (let i = 0; i < count; i += 1) {
    const answer = await ask(lab, agent);
    await answer.body();
    servers.add(answer.server);
  }
  return servers;
}
