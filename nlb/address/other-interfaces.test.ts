import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { type ArpSocket, openArp } from '../kernel/arp.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { openOtherInterfaces } from './other-interfaces.ts';

enterPrivateNamespaces(import.meta.url);

const [NLBS, CLUSTER, OWN, FAR] = ['10.77.1.100', '203.0.113.10', '192.0.2.1', '192.0.2.2'];
run('ip link set lo up');
run(`ip addr add ${CLUSTER}/32 dev lo`);
const other = await openNamespace();
t.teardown(other.close);

/** A cable from here into the other namespace; `far` there is what speaks. */
function plug(device: string, address?: string): void {
  run(`ip link add ${device} type veth peer name ${device} netns ${other.pid}`);
  run(`ip link set ${device} up`);
  other.run(`ip link set ${device} up`);
  if (address) run(`ip addr add ${address}/24 dev ${device}`);
}

/** An asker on a cable whose other end is here, too: it is a packet socket, which hears what no stack answers. */
function askerOn(device: string): { socket: ArpSocket; mac: string } {
  const far = `${device}-far`;
  run(`ip link add ${device} type veth peer name ${far}`);
  for (const each of [device, far]) run(`ip link set ${each} up`);
  run(`ip addr add ${OWN}/32 dev ${device}`);
  const found = findInterface(far);
  if (!found) throw new Error(`no ${far}`);
  const socket = openArp(found.ifindex);
  t.teardown(socket.close);
  return { socket, mac: found.mac };
}

/** Which of the addresses are answered for, in an order in which the last one always is: a cable does not reorder. */
async function answered({ socket, mac }: ReturnType<typeof askerOn>): Promise<string[]> {
  for (const address of [NLBS, CLUSTER, OWN]) socket.ask(address, FAR, mac);
  const answers: string[] = [];
  await until(() => {
    answers.push(...socket.receive().flatMap(({ operation, senderIp }) => (operation === 'reply' ? [senderIp] : [])));
    return answers.includes(OWN);
  }, 'its own address is answered for');
  return answers;
}

const access = askerOn('access');
const management = askerOn('mgmt');
run(`ip addr add ${NLBS}/32 dev access`);
plug('other', '198.51.100.1');
other.run('ip addr add 198.51.100.2/24 dev other');
for (const address of [NLBS, CLUSTER]) other.run(`ip route add ${address}/32 via 198.51.100.1`);

/** Whether a datagram from the other namespace to that address arrives at a socket here. */
async function arrives(address: string): Promise<boolean> {
  const socket = createSocket('udp4');
  socket.bind(9999, '0.0.0.0');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', (text) => heard.push(text.toString()));
  const script = `printf asked >/dev/udp/${address}/9999; printf last >/dev/udp/198.51.100.1/9999`;
  const [program = '', ...words] = other.enter;
  spawnSync(program, [...words, 'bash', '-c', script]);
  await until(() => heard.includes('last'), 'the node itself is reached');
  socket.close();
  return heard.includes('asked');
}

t.test('without the tables Linux answers for every address everywhere, which is what they are for', async (t) => {
  t.same(await answered(management), [NLBS, CLUSTER, OWN]);
  t.equal(await arrives(CLUSTER), true);
});

t.test(
  'other interfaces say nothing of our addresses, and take nothing for them; their own traffic is untouched',
  async (t) => {
    const others = openOtherInterfaces(['access']);
    others.keepFrom([NLBS, CLUSTER]);
    t.same(await answered(management), [OWN]);
    t.same(await answered(access), [NLBS, CLUSTER, OWN], 'the data path sees to the configured ones');
    t.same([await arrives(CLUSTER), await arrives(NLBS)], [false, false]);
    const local = createSocket('udp4').bind(9998);
    await once(local, 'listening');
    local.send('from here', 9998, CLUSTER);
    t.match(await once(local, 'message'), [Buffer.from('from here')], 'the node itself reaches them');
    local.close();
    t.same(await answered(askerOn('later')), [OWN], 'an interface that comes later is none of ours either');
    others.remove();
    t.equal(run('nft list ruleset'), '');
    t.same(await answered(management), [NLBS, CLUSTER, OWN]);
  },
);

t.test('tables that somebody else takes away are put again', async (t) => {
  const others = openOtherInterfaces(['access']);
  t.equal(others.putAgain(), false, 'before they were asked for they are not missed');
  others.keepFrom([NLBS, CLUSTER]);
  t.equal(others.putAgain(), false);
  run('nft flush ruleset');
  t.equal(others.putAgain(), true);
  t.same(await answered(management), [OWN]);
  run('nft delete table arp nlb-access');
  t.equal(others.putAgain(), true);
  others.keepFrom([CLUSTER]);
  t.same(await answered(management), [NLBS, OWN]);
  openOtherInterfaces(['access']).remove();
  t.equal(run('nft list ruleset'), '', 'a later life takes away what an earlier one left');
});

t.test('two daemons of one namespace have tables of their own, whatever their interfaces are called', async (t) => {
  const [one, two] = [openOtherInterfaces(['access']), openOtherInterfaces(['we+ird'])];
  one.keepFrom([NLBS]);
  two.keepFrom([CLUSTER]);
  t.same(await answered(management), [OWN]);
  one.remove();
  t.same(await answered(management), [NLBS, OWN]);
  two.remove();
  t.equal(run('nft list ruleset'), '');
});
