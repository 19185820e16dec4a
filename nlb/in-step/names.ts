import { type Flow, nameOfFlow, PROTOCOL, flowNamed as withNumber } from '../datapath/specification/flow.ts';
import { protocolOf } from '../datapath/specification/lookup.ts';
import type { FlowName } from '../sync/records.ts';

/**
 * Flows by the names that both nodes know (nlb/sync/wire/names.ts): `tcp 198.51.100.7:40000 > 203.0.113.1:80`. The data path has the number
 * of the protocol there.
 */
export const flowName = (flow: Flow): FlowName => nameOfFlow(flow).replace(/^\d+/, protocolOf(flow));

/** Throws a RangeError on what names no flow. */
export const flowNamed = (name: FlowName): Flow =>
  withNumber(name.replace(/^tcp/, `${PROTOCOL.tcp}`).replace(/^udp/, `${PROTOCOL.udp}`));
