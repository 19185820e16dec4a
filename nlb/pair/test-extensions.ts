import fc from 'fast-check';
import type { Extension } from './extension.ts';

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const counters = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const sections = fc.dictionary(fc.nat(255).map(String), hex(8), { maxKeys: 20 });
/** Everything that the extension area of a beat can say. */
export const extensions: fc.Arbitrary<Extension> = fc.record(
  {
    heard: fc.record({ boot: hex(32), access: counters, server: counters }),
    accessMac: hex(12).map((digits) => (digits.match(/../g) ?? []).join(':')),
    digest: sections,
    leaseKeptMs: fc.nat(4_294_967_295),
    sync: fc.record({ reign: fc.maxSafeNat(), isPeerInStep: fc.boolean(), isForced: fc.boolean() }),
    services: fc.record({ dead: fc.nat(65_535), scarce: fc.nat(65_535) }),
  },
  { requiredKeys: [] },
);
