import t from 'tap';
import { listAddresses } from '../../kernel/addresses.ts';
import { openArp } from '../../kernel/arp.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { openLinkLook } from '../../kernel/link-flags.ts';
import { enterPrivateNamespaces, run, until } from '../../kernel/private-namespaces.ts';
import { type LeasePage, openExecutor } from './executor.ts';

enterPrivateNamespaces(import.meta.url);

const [NLBS, OLD, NEW] = ['10.77.1.100', '02:00:00:00:00:01', '02:00:00:00:00:77'];
const ACCESS = { device: 'access', ownAddress: '10.77.1.11', peerAddress: '10.77.1.12', nlbs: NLBS };
const links = openLinkLook();

async function makeLeg(mac: string): Promise<void> {
  run(`ip link add access address ${mac} type veth peer name router`);
  for (const device of ['access', 'router']) run(`ip link set ${device} up`);
  await until(() => links.look('access')?.running === true, 'a carrier');
}

/** Leads on that interface, with a lease that is long enough. */
function leading() {
  let times = { answerUntilNs: 0n, forwardUntilNs: 0n };
  const page: LeasePage = {
    get: () => times,
    answerUntil: (ns) => {
      times = { ...times, answerUntilNs: ns };
    },
    moveForwarding: (_, to) => {
      times = { ...times, forwardUntilNs: to };
      return true;
    },
    peerAskedNs: () => 0n,
    namePeer: () => {},
    expectBoot: () => {},
    liveWithThisThread: () => {},
  };
  const executor = openExecutor(ACCESS, 500, { want: () => {} }, (text) => t.fail(text));
  executor.useLease(page, 'new');
  executor.legChanged(links.look('access'));
  executor.run('renewLease', Number(monotonicNs()) / 1e6 + 60_000);
  executor.run('addAlias', 0);
  return executor;
}

const openFarEnd = () => openArp(links.look('router')?.ifindex ?? 0);
const announcers = (far: ReturnType<typeof openArp>): string[] =>
  far.receive().flatMap(({ senderIp, senderMac }) => (senderIp === NLBS ? [senderMac] : []));
const holders = (): number[] => listAddresses().flatMap(({ address, ifindex }) => (address === NLBS ? [ifindex] : []));

t.test('a leader whose access interface has another hardware address announces from that, at once', async (t) => {
  await makeLeg(OLD);
  t.teardown(() => run('ip link del access'));
  const [executor, far] = [leading(), openFarEnd()];
  t.teardown(() => far.close());
  executor.legChanged(links.look('access'));
  t.same(announcers(far), [], 'nothing has changed');
  run(`ip link set access address ${NEW}`);
  executor.legChanged(links.look('access'));
  t.same(announcers(far), [NEW]);
  executor.run('removeAlias', 0);
  run(`ip link set access address ${OLD}`);
  executor.legChanged(links.look('access'));
  t.same(announcers(far), [], 'who does not lead says nothing');
});

t.test('where it was made anew, the address goes there, and is announced', async (t) => {
  await makeLeg(OLD);
  const executor = leading();
  run('ip link del access');
  t.same(holders(), []);
  executor.legChanged(links.look('access'));
  await makeLeg(NEW);
  const far = openFarEnd();
  executor.legChanged(links.look('access'));
  t.same(holders(), [links.look('access')?.ifindex]);
  t.same(announcers(far), [NEW]);
  executor.run('removeAlias', 0);
  t.same(holders(), []);
  far.close();
  run('ip link del access');
});

t.test('an interface that is down yet is taken, and the peer asked for once it is up', async (t) => {
  run(`ip link add access address ${OLD} type veth peer name router`);
  const executor = openExecutor(ACCESS, 500, { want: () => {} }, (text) => t.fail(text));
  executor.legChanged(links.look('access'));
  for (const device of ['access', 'router']) run(`ip link set ${device} up`);
  await until(() => links.look('access')?.running === true, 'a carrier');
  const far = openFarEnd();
  const asked = (): string[] => far.receive().map(({ targetIp }) => targetIp);
  executor.legChanged(links.look('access'));
  t.same(asked(), [ACCESS.peerAddress]);
  executor.legChanged(links.look('access'));
  t.same(asked(), []);
  far.close();
  run('ip link del access');
});
