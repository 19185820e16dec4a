import fc from 'fast-check';
import t from 'tap';
import { decodeAttributes, decodeMessages, encodeMessage, textValue, valueText } from './netlink.ts';

t.test('a request has the octets that ip(8) sends: RTM_GETLINK for "lo"', async (t) => {
  const message = encodeMessage(18, 5, Buffer.alloc(16), [[3, textValue('lo')]]);
  t.equal(
    message.toString('hex'),
    '2800000012000500000000000000000000000000000000000000000000000000' + '070003006c6f0000',
  );
});

t.test('every list of attributes comes back as it went', async (t) => {
  const attributes = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.uint8Array({ maxLength: 20 })), {
    selector: ([type]) => type,
  });
  const property = fc.property(attributes, fc.uint8Array({ maxLength: 5 }), (list, rest) => {
    const message = encodeMessage(20, 0, Buffer.alloc(8), list);
    const [decoded, ...others] = decodeMessages(Buffer.concat([message, rest]));
    const found = [...decodeAttributes(decoded?.payload.subarray(8) ?? Buffer.alloc(0))];
    return others.length === 0 && JSON.stringify(found) === JSON.stringify(list.map(([k, v]) => [k, Buffer.from(v)]));
  });
  const outcome = fc.check(property);
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? 'no counterexample');
});

t.test('cut-off and senseless lengths end the list instead of running past it', async (t) => {
  t.same(decodeMessages(Buffer.from('ff000000140000000000000000000000', 'hex')), []);
  t.same(decodeMessages(Buffer.alloc(16)), []);
  t.equal(decodeAttributes(Buffer.from('00000100', 'hex')).size, 0);
  t.equal(decodeAttributes(Buffer.from('0900010000', 'hex')).size, 0);
  t.equal(valueText(Buffer.from('eth0\0junk')), 'eth0');
});
