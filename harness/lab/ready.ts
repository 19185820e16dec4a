import { until } from '../clock/until.ts';
import { openHistory } from '../history/recorder.ts';
import type { Plan } from '../topology/plan.ts';
import type { Client } from '../traffic/client-handle.ts';
import { openClient } from './client.ts';
import type { Lab } from './lab.ts';

/** How long one request may take before the next one is tried: a lost SYN would be sent again after a second. */
const TRY_FOR_MS = 150;

/** Waits until a request that `client` sends to the first cluster address is answered. */
export async function awaitAnswer(client: Client, plan: Plan, withinMs = 10_000): Promise<void> {
  const service = plan.services.find(({ protocol, name }) => protocol === 'tcp' && name === 'http');
  const [address] = plan.addresses.cluster;
  if (!service || !address) throw new Error(`the topology ${plan.topology} serves no HTTP: what could answer?`);
  const request = { target: `${address}:${service.port}`, count: 1, concurrency: 1, timeoutMs: TRY_FOR_MS };
  await until(async () => (await client.httpRequests(request)).probes.some(({ outcome }) => outcome === 'answered'), {
    what: `a request to ${request.target} is answered`,
    withinMs,
    everyMs: 10,
  });
}

/** The same with a client of its own, which is gone afterwards. */
export async function awaitService(lab: Lab): Promise<void> {
  const recorder = openHistory();
  const client = await openClient(lab, recorder);
  try {
    await awaitAnswer(client, lab.plan);
  } finally {
    client.close();
    recorder.close();
  }
}
