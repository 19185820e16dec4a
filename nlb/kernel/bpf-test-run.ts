import koffi from 'koffi';
import { testRun } from './libbpf.ts';
import { KernelRefusal } from './refusal.ts';

/** What a program did with a frame. */
export interface TestRun {
  /** The program's return value, as a signed number. */
  verdict: number;
  frame: Buffer;
  /** Mean time of one run. */
  durationNs: number;
}

export interface TestInput {
  frame: Uint8Array;
  /** Interface, in this network namespace, that the frame is said to come in on. */
  ifindex: number;
  hook: 'xdp' | 'tc';
  repeat?: number;
}

const FRAME_BYTES = 4096;
const CONTEXT_BYTES = { xdp: 24, tc: 192 };

/**
 * Run a program on one frame without a network (BPF_PROG_TEST_RUN). Tables and counters change as they would.
 * Throws KernelRefusal.
 */
export function runProgram(program: number, { frame, ifindex, hook, repeat = 1 }: TestInput): TestRun {
  const input = Buffer.alloc(FRAME_BYTES);
  input.set(frame);
  const output = Buffer.alloc(FRAME_BYTES);
  const context = encodeContext(hook, frame.length, ifindex);
  const options = encodeOptions({ input, output, context, length: frame.length, contextBytes: CONTEXT_BYTES[hook] });
  options.writeInt32LE(repeat, 60);
  const result = testRun(program, options);
  if (result < 0) throw new KernelRefusal('test-run program', `frame of ${frame.length} bytes`, -result);
  return {
    verdict: options.readInt32LE(56),
    frame: output.subarray(0, options.readUInt32LE(28)),
    durationNs: options.readUInt32LE(64),
  };
}

/** struct xdp_md: where the data end, and the interface; struct __sk_buff: the interface, twice. */
function encodeContext(hook: 'xdp' | 'tc', length: number, ifindex: number): Buffer {
  const context = Buffer.alloc(FRAME_BYTES);
  if (hook === 'xdp') {
    context.writeUInt32LE(length, 4);
    context.writeUInt32LE(ifindex, 12);
  } else {
    context.writeUInt32LE(ifindex, 36);
    context.writeUInt32LE(ifindex, 40);
  }
  return context;
}

interface Memory {
  input: Buffer;
  output: Buffer;
  context: Buffer;
  length: number;
  contextBytes: number;
}

/** struct bpf_test_run_opts. Buffers of this size lie outside the garbage collector's heap, so they stay in place. */
function encodeOptions({ input, output, context, length, contextBytes }: Memory): Buffer {
  const options = Buffer.alloc(80);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeBigUInt64LE(koffi.address(input), 8);
  options.writeBigUInt64LE(koffi.address(output), 16);
  options.writeUInt32LE(length, 24);
  options.writeUInt32LE(output.length, 28);
  options.writeBigUInt64LE(koffi.address(context), 32);
  options.writeUInt32LE(contextBytes, 48);
  return options;
}
