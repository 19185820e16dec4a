import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import { after, before, test } from 'node:test';
import { OneVipLab, type StartedOneVipLab } from 'onevip/testcontainers';
import { nginx, SLOW_BYTES } from '../nginx.ts';
import { ask, whoAnswers } from '../request.ts';

const ALL = ['server1', 'server2', 'server3'];
/** That one of three servers gets none of so many connections by chance happens once in 12 billion times. */
const MANY = 60;

let lab: StartedOneVipLab;

before(async () => {
  const wanted = new OneVipLab('invention').withServices('http');
  for (const name of ALL) wanted.withServer(name, nginx(name));
  lab = await wanted.start();
});
after(() => lab?.stop());

/** A connection that is kept, to that server: connections are balanced by their ports, so one is found soon. */
async function connectionTo(server: string): Promise<Agent> {
  for (let i = 0; i < MANY; i += 1) {
    const agent = lab.getClient().agent({ keepAlive: true, maxSockets: 1 });
    const answer = await ask(lab, agent);
    await answer.body();
    if (answer.server === server) return agent;
    agent.destroy();
  }
  throw new Error(`none of ${MANY} connections came to ${server}`);
}

test('requests to the cluster address are answered by all three', async () => {
  assert.equal(lab.getClusterAddress(), '203.0.113.10');
  assert.deepEqual([...(await whoAnswers(lab, MANY))].toSorted(), ALL);
});

test('one is killed: the others answer, and no request is lost once that was noticed', async () => {
  await lab.getNode('server2').kill();
  await lab.waitForServing(['server1', 'server3']);
  assert.deepEqual([...(await whoAnswers(lab, MANY))].toSorted(), ['server1', 'server3']);

  await lab.getNode('server2').restart();
  await lab.waitForServing(ALL);
  assert.ok((await whoAnswers(lab, MANY)).has('server2'), 'and it serves again when it is back');
});

test('one is drained: what it has ends well, and nothing new comes to it', async () => {
  const kept = await connectionTo('server1');
  const download = await ask(lab, kept, '/slow');
  assert.deepEqual([download.server, download.isReused], ['server1', true]);

  await lab.drain('server1');
  assert.deepEqual([...(await whoAnswers(lab, MANY))].toSorted(), ['server2', 'server3']);

  assert.equal((await download.body()).length, SLOW_BYTES, 'what was under way comes whole');
  const next = await ask(lab, kept);
  assert.deepEqual([next.server, next.isReused], ['server1', true], 'and the connection goes on');
  await next.body();

  await lab.undrain('server1');
  assert.ok((await whoAnswers(lab, MANY)).has('server1'));
});

test('a load balancer is killed: the other one leads, and the same servers serve', async () => {
  const { active, standby } = await lab.getPair();
  await active.kill();
  await lab.waitForLeader(standby.getName());
  assert.deepEqual([...(await whoAnswers(lab, MANY))].toSorted(), ALL);
});
