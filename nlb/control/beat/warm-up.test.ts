import { readdirSync } from 'node:fs';
import t from 'tap';
import { listAddresses } from '../../kernel/addresses.ts';
import { warmUpTakeover } from './warm-up.ts';

const ACCESS = { device: 'nowhere', ownAddress: '10.77.1.11', peerAddress: '10.77.1.12', nlbs: '10.77.1.100' };

t.test('all of a takeover is run, and the kernel refuses all of it', async (t) => {
  const [addresses, files] = [listAddresses(), readdirSync('/proc/self/fd').length];
  const refused: string[] = [];
  warmUpTakeover(ACCESS, (text) => refused.push(text));
  // Fence, address and announcement; what is not there is not removed either, which is no failure.
  t.equal(refused.length, 9);
  t.match(refused.slice(0, 3), [/send ARP for 10\.77\.1\.100.*ENXIO/, /add address.*ENODEV/, /send ARP.*ENXIO/]);
  t.same(listAddresses(), addresses);
  t.equal(readdirSync('/proc/self/fd').length, files);
});
