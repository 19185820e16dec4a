import { runProgram } from '../../kernel/bpf-test-run.ts';
import { type Datapath, type DatapathOptions, openDatapath } from '../datapath.ts';
import { OUTCOMES } from '../program/layout.ts';
import { bytesOf, IP_TCP, TCP, TO_US } from './frames.ts';
import { holdLease, ifindexOf, options, pinDirectory, programsOf, tables } from './rig.ts';

/** Support for tests of the program in the kernel: a data path, and single frames through it. */

export const FOREVER_NS = 2n ** 63n;

export type Scope = { teardown(act: () => void): void };

/** A data path with empty tables and without a lease; removed after the test. */
export function openEmpty(t: Scope, mode: DatapathOptions['mode'] = 'auto'): Datapath {
  const datapath = openDatapath({ ...options(pinDirectory(t)), mode });
  t.teardown(() => datapath.remove());
  return datapath;
}

/** With the tables of the rig, and a lease without end. */
export function openLeased(t: Scope): Datapath {
  const datapath = openEmpty(t);
  datapath.apply(tables());
  holdLease(datapath.leaseFd, FOREVER_NS);
  return datapath;
}

/** Run a frame through a hook: the outcome that was counted, the verdict, and the frame that came out. */
export function send(datapath: Datapath, hook: 'xdp' | 'tc', frame: Buffer, on = 'access') {
  const before = datapath.outcomes();
  const { verdict, frame: out } = runProgram(programsOf(datapath)[hook](), { frame, ifindex: ifindexOf(on), hook });
  const after = datapath.outcomes();
  const counted = OUTCOMES.filter((name) => after[name].packets !== before[name].packets);
  const bytes = counted.map((name) => after[name].bytes - before[name].bytes);
  return { verdict, out, counted, bytes };
}

/** A TCP segment from that port of the client, to the rig's web service. */
export function segment(port: number, flag: 'syn' | 'ack'): Buffer {
  const frame = bytesOf(`${TO_US} ${IP_TCP} ${TCP.replace('5002', { syn: '5002', ack: '5010' }[flag])}`);
  frame.writeUInt16BE(port, 34);
  return frame;
}

/** A proven connection from that port of the client. */
export function establish(datapath: Datapath, port: number): void {
  send(datapath, 'xdp', segment(port, 'syn'));
  send(datapath, 'xdp', segment(port, 'ack'));
}
