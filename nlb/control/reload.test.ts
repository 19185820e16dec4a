import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../config/load.ts';
import { beatOrders } from './orders.ts';
import { type Accepted, openReloader } from './reload.ts';
import { showReload } from './show-reload.ts';

const folder = t.testdir();
const file = join(folder, 'nlb.yaml');
const keyFile = join(folder, 'key');
const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const text = `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { keyFile: ${keyFile} }
clusterAddresses: [203.0.113.10]
servers: [{ name: a, address: 10.77.2.21 }]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
`;

/** A reloader of a file that says `text`, and what it has had done. */
function begin(takes: () => Promise<void> = async () => {}) {
  writeFileSync(keyFile, key(1), { mode: 0o600 });
  writeFileSync(file, text);
  const config = loadConfig(file);
  const applied: Accepted[] = [];
  const events: Record<string, unknown>[] = [];
  const reloader = openReloader({
    file,
    inForce: { config, orders: beatOrders(config) },
    apply: async (next) => {
      await takes();
      applied.push(next);
    },
    event: (name, detail) => events.push({ name, ...detail }),
  });
  return {
    reloader,
    applied,
    events,
    write: (from: string, to: string) => writeFileSync(file, text.replace(from, to)),
  };
}

t.test('what has changed is taken up, and reported', async (t) => {
  const { reloader, applied, events, write } = begin();
  t.match(await reloader.reload('nlbctl'), { outcome: 'unchanged', changes: [] });
  write('10.77.2.21', '10.77.2.21, weight: 4');
  t.equal(showReload(await reloader.check()), '~ servers[a].weight: 1 → 4\na reload would change this');
  t.same(applied, [], 'a check changes nothing');
  t.equal(showReload(await reloader.reload('SIGHUP')), '~ servers[a].weight: 1 → 4\nreloaded');
  t.match(applied, [{ config: { servers: [{ weight: 4 }] } }]);
  t.match(await reloader.reload('nlbctl'), { outcome: 'unchanged' }, 'the new one is in force');
  t.same(events, [
    { name: 'reload', by: 'nlbctl', outcome: 'unchanged', changes: [] },
    { name: 'reload', by: 'SIGHUP', outcome: 'applied', changes: ['~ servers[a].weight: 1 → 4'] },
    { name: 'reload', by: 'nlbctl', outcome: 'unchanged', changes: [] },
  ]);
});

t.test('a bad file is refused whole, with every problem; so is one that needs a restart', async (t) => {
  const { reloader, applied, events, write } = begin();
  write('10.77.2.21 }', '10.77.2.21, weight: -4 }, { name: a, address: 10.77.2 }');
  const refused = await reloader.reload('SIGHUP');
  t.match(refused, {
    outcome: 'refused',
    changes: [],
    problems: [/nlb.yaml:8:\d+: servers\[0\].weight/, /servers\[1\].address/],
  });
  t.match(events, [{ by: 'SIGHUP', outcome: 'refused', problems: refused.problems }]);
  write('node: nlb1', 'node: nlb3\nlog: { level: debug }');
  t.equal(
    showReload(await reloader.check()),
    `~ node: nlb1 → nlb3
~ log.level: info → debug
node: needs a restart; \`nlbd --keep\` keeps forwarding meanwhile
refused; the configuration in force stays as it is`,
  );
  t.match(await reloader.reload('nlbctl'), { outcome: 'refused' });
  writeFileSync(file, '[');
  t.match(await reloader.reload('nlbctl'), { outcome: 'refused', problems: [/nlb.yaml:1:/] });
  t.same(applied, []);
});

t.test('the key file is read again, and no word of it is shown', async (t) => {
  const { reloader, applied, events } = begin();
  writeFileSync(keyFile, `${key(1)}\n${key(2)}\n`);
  t.match(await reloader.reload('nlbctl'), { outcome: 'applied' });
  t.match(
    applied[0]?.orders.secrets.map(([first]) => first),
    [1, 2],
  );
  t.notMatch(JSON.stringify(events), new RegExp(`${key(2).slice(0, 8)}|2,2,2`));
  writeFileSync(keyFile, 'AAAA');
  t.match(await reloader.reload('nlbctl'), { outcome: 'refused', problems: [/heartbeat.keyFile: .* holds 3 bytes/] });
});

t.test('a reload waits for the one before', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { reloader, applied, write } = begin(() => gate.promise);
  write('21 }', '21, weight: 2 }');
  const first = reloader.reload('SIGHUP');
  await new Promise(setImmediate);
  write('21 }', '21, weight: 3 }');
  const second = reloader.reload('SIGHUP');
  gate.resolve();
  t.match((await first).changes, [{ from: '1', to: '2' }]);
  t.match((await second).changes, [{ from: '2', to: '3' }]);
  t.equal(applied.length, 2);
});
