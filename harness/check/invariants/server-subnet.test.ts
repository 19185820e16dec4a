import t from 'tap';
import { arp, internet, OVER, told } from '../literal-history.ts';
import { at, LOST, MAC, NLBS, SEEN, SETTING } from './literal-setting.ts';
import { serverSubnet } from './server-subnet.ts';

const ask = (atMs: number, leg: string, senderIp: string, targetIp: string) =>
  arp({ atMs, from: at('nlb1', leg), to: [] }, { operation: 'request', senderMac: MAC.nlb1, senderIp, targetIp });
const packet = (atMs: number, leg: string, source: string, destination: string) => {
  const macs = { source: MAC.nlb1, destination: MAC.server1 };
  return internet(
    { atMs, from: at('nlb1', leg), to: [] },
    macs,
    { source, destination, protocol: 6 },
    new Uint8Array(8),
  );
};

t.test('nothing on the server subnet is from, for or about the NLBS address', async (t) => {
  const claim = serverSubnet.claim(SETTING);
  const usual = ask(1, 'server', '10.77.2.11', '10.77.2.21');
  t.match(
    told(claim, SEEN, usual, ask(2, 'access', NLBS, NLBS), OVER),
    /^pass: none of 1 frames/,
    'elsewhere it belongs',
  );
  t.match(told(claim, SEEN, usual, ask(2, 'server', NLBS, '10.77.2.21'), OVER), /^fail: nlb1\/server sent a packet/);
  t.match(told(claim, SEEN, usual, ask(2, 'server', '10.77.2.11', NLBS), OVER), /^fail/);
  t.match(told(claim, SEEN, usual, packet(2, 'server', NLBS, '10.77.2.21'), OVER), /^fail/);
  t.match(told(claim, SEEN, usual, packet(2, 'server', '10.77.2.21', NLBS), OVER), /^fail/);
  t.match(told(claim, LOST, usual, OVER), /^pass/, 'none was lost on the server LAN');
  t.match(told(claim, usual, OVER), /^unknown: frames of server were not watched/);
  t.match(told(claim, SEEN, ask(2, 'access', NLBS, NLBS), OVER), /^unknown: no frame was seen/);
});
