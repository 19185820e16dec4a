import { until } from '../clock/until.ts';
import { openHistory } from '../history/recorder.ts';
import type { LabNode } from '../node/node.ts';
import type { Plan } from '../topology/plan.ts';
import type { Client } from '../traffic/client-handle.ts';
import { openClient } from './client.ts';
import type { Lab } from './lab.ts';
import { holds } from './leader.ts';

/** How long one request may take before the next one is tried: a lost SYN would be sent again after a second. */
const TRY_FOR_MS = 150;

/**
 * No requirement says how soon a lab serves, and a machine that is slow, where programs start for the first time beside those of other
 * labs, has been seen to need more than ten seconds.
 */
export const WITHIN_MS = 30_000;
/** The programs of all nodes begin side by side: those of a hundred servers need twenty seconds of two cores. */
const WITHIN_MS_PER_NODE = 300;

/** Waits until a request that `client` sends to the first cluster address is answered. */
async function awaitAnswer(client: Client, plan: Plan, withinMs = WITHIN_MS): Promise<void> {
  const service = plan.services.find(({ protocol, name }) => protocol === 'tcp' && name === 'http');
  const [address] = plan.addresses.cluster;
  if (!service || !address) throw new Error(`the topology ${plan.topology} serves no HTTP: what could answer?`);
  const request = { target: `${address}:${service.port}`, count: 1, concurrency: 1, timeoutMs: TRY_FOR_MS };
  await until(async () => (await client.httpRequests(request)).probes.some(({ outcome }) => outcome === 'answered'), {
    what: `a request to ${request.target} is answered`,
    withinMs,
    everyMs: 10,
    isPromise: true,
  });
}

/**
 * Waits until a lab is at rest: the firewall of the highest priority leads, though another may have come up first; one load
 * balancer leads and the other stands by; and a request is answered.
 */
export async function awaitRest(lab: Lab, client: Client): Promise<void> {
  const settled = until(() => isLedByHighest(lab), {
    what: 'the firewall of the highest priority holds every VRRP address, and the others none',
    withinMs: WITHIN_MS,
    everyMs: 20,
  });
  await Promise.all([lab.pair(WITHIN_MS), settled.then(() => awaitAnswer(client, lab.plan))]);
}

function isLedByHighest(lab: Lab): boolean {
  const priority = (node: LabNode): number => node.home.plan.vrrp?.priority ?? 0;
  const [first, ...others] = lab.nodes('firewall').toSorted((one, other) => priority(other) - priority(one));
  return !first || (heldBy(first).every(Boolean) && !others.some((other) => heldBy(other).some(Boolean)));
}

/** Of each virtual address, whether the firewall holds it. */
function heldBy(firewall: LabNode): boolean[] {
  return (firewall.home.plan.vrrp?.routers ?? []).map(({ address }) => holds(firewall, address));
}

/** A first answer, with a client of its own, which is gone afterwards. */
export async function awaitService(lab: Lab): Promise<void> {
  const recorder = openHistory();
  const client = await openClient(lab, recorder);
  try {
    await awaitAnswer(client, lab.plan, WITHIN_MS + WITHIN_MS_PER_NODE * lab.plan.nodes.length);
  } finally {
    client.close();
    recorder.close();
  }
}
