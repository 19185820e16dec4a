import koffi from 'koffi';
import { testRun } from './libbpf.ts';
import { SyscallError } from './syscall-error.ts';

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
  /** Of tc: the frame is said to be segments put together, each with so many octets of data. */
  segmentBytes?: number;
}

/** Buffers of this size lie outside the garbage collector's heap, so they stay in place. */
const FRAME_BYTES = 4096;
const CONTEXT_BYTES = { xdp: 24, tc: 192 };

/**
 * Run a program on one frame without a network (BPF_PROG_TEST_RUN). Tables and counters change as they would.
 * Throws SyscallError.
 */
export function runProgram(
  program: number,
  { frame, ifindex, hook, repeat = 1, segmentBytes = 0 }: TestInput,
): TestRun {
  const input = Buffer.alloc(FRAME_BYTES);
  input.set(frame);
  const output = Buffer.alloc(FRAME_BYTES);
  const context = encodeContext(hook, frame.length, ifindex);
  if (hook === 'tc') context.writeUInt32LE(segmentBytes, 176);
  const options = encodeOptions({ input, output, context, length: frame.length, contextBytes: CONTEXT_BYTES[hook] });
  options.writeInt32LE(repeat, 60);
  const result = testRun(program, options);
  if (result < 0) throw new SyscallError('test-run program', `frame of ${frame.length} bytes`, -result);
  return {
    verdict: options.readInt32LE(56),
    frame: output.subarray(0, options.readUInt32LE(28)),
    durationNs: options.readUInt32LE(64),
  };
}

/** Runs of a program on one frame each, in memory that is used again and again. */
export interface Runs {
  /** The frame that comes back is overwritten by the next run. Throws SyscallError. */
  run(program: number, frame: Uint8Array, ifindex: number): Pick<TestRun, 'verdict' | 'frame'>;
}

/** @param hook of the programs */
export function openRuns(hook: TestInput['hook']): Runs {
  const [input, output] = [Buffer.alloc(FRAME_BYTES), Buffer.alloc(FRAME_BYTES)];
  const context = encodeContext(hook, 0, 0);
  const options = encodeOptions({ input, output, context, length: 0, contextBytes: CONTEXT_BYTES[hook] });
  options.writeInt32LE(1, 60);
  return {
    run: (program, frame, ifindex) => {
      input.set(frame);
      fillContext(context, hook, frame.length, ifindex);
      options.writeUInt32LE(frame.length, 24);
      options.writeUInt32LE(output.length, 28);
      options.writeUInt32LE(0, 52);
      const result = testRun(program, options);
      if (result < 0) throw new SyscallError('test-run program', `frame of ${frame.length} bytes`, -result);
      return { verdict: options.readInt32LE(56), frame: output.subarray(0, options.readUInt32LE(28)) };
    },
  };
}

/** One frame, to be run again and again with as little around each run as can be. */
export interface FrameRunner {
  /** The frame. May be changed between runs; what a run does to it is not seen here. */
  readonly frame: Buffer;
  /** Run once; the nanoseconds that it took, as the kernel has measured them. Throws SyscallError. */
  run(): number;
}

/** An XDP program run on one frame at a time, which says to come in on the interface. */
export function prepareRuns(program: number, { frame, ifindex }: Omit<TestInput, 'hook'>): FrameRunner {
  const input = Buffer.alloc(FRAME_BYTES);
  input.set(frame);
  const context = encodeContext('xdp', frame.length, ifindex);
  const memory = { input, output: undefined, context, length: frame.length, contextBytes: CONTEXT_BYTES.xdp };
  const options = encodeOptions(memory);
  options.writeInt32LE(1, 60);
  const run = (): number => {
    forgetSizes(options);
    const result = testRun(program, options);
    if (result < 0) throw new SyscallError('test-run program', `frame of ${frame.length} bytes`, -result);
    return options.readUInt32LE(64);
  };
  // The options hold bare addresses: the memory behind them lives as long as what is returned.
  return Object.assign({ frame: input.subarray(0, frame.length), run }, { memory });
}

/** Of the output and the context, which the last run has written, and which nobody takes. */
function forgetSizes(options: Buffer): void {
  options.writeUInt32LE(0, 28);
  options.writeUInt32LE(0, 52);
}

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
const LIVE_BATCH = 64;

/**
 * Run an XDP program `count` times on frames that are real: where it says so, they leave by an interface of this network
 * namespace. Each begins as `frame`, or as what an earlier run has made of it. Linux ≥ 5.18. Throws SyscallError.
 */
export function sendLiveFrames(program: number, frame: Uint8Array, count: number): void {
  const input = Buffer.alloc(FRAME_BYTES);
  input.set(frame);
  const options = encodeOptions({
    input,
    output: undefined,
    context: undefined,
    length: frame.length,
    contextBytes: 0,
  });
  options.writeInt32LE(count, 60);
  options.writeUInt32LE(BPF_F_TEST_XDP_LIVE_FRAMES, 68);
  options.writeUInt32LE(LIVE_BATCH, 76);
  const result = testRun(program, options);
  if (result < 0) throw new SyscallError('run program on live frames', `${count} frames`, -result);
}

/** struct xdp_md: where the data end, and the interface; struct __sk_buff: the interface, twice; at 176, gso_size. */
function encodeContext(hook: 'xdp' | 'tc', length: number, ifindex: number): Buffer {
  const context = Buffer.alloc(FRAME_BYTES);
  fillContext(context, hook, length, ifindex);
  return context;
}

function fillContext(context: Buffer, hook: 'xdp' | 'tc', length: number, ifindex: number): void {
  if (hook === 'xdp') {
    context.writeUInt32LE(length, 4);
    context.writeUInt32LE(ifindex, 12);
  } else {
    context.writeUInt32LE(ifindex, 36);
    context.writeUInt32LE(ifindex, 40);
  }
}

interface Memory {
  input: Buffer;
  output: Buffer | undefined;
  context: Buffer | undefined;
  length: number;
  contextBytes: number;
}

/** struct bpf_test_run_opts. */
function encodeOptions({ input, output, context, length, contextBytes }: Memory): Buffer {
  const options = Buffer.alloc(80);
  options.writeBigUInt64LE(BigInt(options.length), 0);
  options.writeBigUInt64LE(koffi.address(input), 8);
  options.writeBigUInt64LE(output ? koffi.address(output) : 0n, 16);
  options.writeUInt32LE(length, 24);
  options.writeUInt32LE(output?.length ?? 0, 28);
  options.writeBigUInt64LE(context ? koffi.address(context) : 0n, 32);
  options.writeUInt32LE(contextBytes, 48);
  return options;
}
