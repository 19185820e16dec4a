import type { Address } from '../datapath/specification/address.ts';
import { type Flow, PROTOCOL } from '../datapath/specification/flow.ts';
import type { FlowName } from '../sync/records.ts';

/** Flows by the names that both nodes know (nlb/sync/wire/names.ts): `tcp 198.51.100.7:40000 > 203.0.113.1:80`. */

const NAMES = { [PROTOCOL.tcp]: 'tcp', [PROTOCOL.udp]: 'udp' } as const;
const FLOW = /^(tcp|udp) ([\d.]+):(\d+) > ([\d.]+):(\d+)$/;

export const flowName = ({ protocol, source, sourcePort, destination, destinationPort }: Flow): FlowName =>
  `${protocol === PROTOCOL.tcp ? NAMES[PROTOCOL.tcp] : NAMES[PROTOCOL.udp]} ${source}:${sourcePort} > ${destination}:${destinationPort}`;

/** Throws a RangeError on what names no flow. */
export function flowNamed(name: FlowName): Flow {
  const [, protocol, source, sourcePort, destination, destinationPort] = FLOW.exec(name) ?? [];
  if (destinationPort === undefined) throw new RangeError(`"${name}" names no flow`);
  return {
    protocol: protocol === 'tcp' ? PROTOCOL.tcp : PROTOCOL.udp,
    source: source as Address,
    destination: destination as Address,
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
  };
}
