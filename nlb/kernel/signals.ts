import koffi from 'koffi';

/**
 * Signals in a thread that is not the main one. Node delivers them to the main thread's loop alone; where that hangs, nobody
 * learns of them. libuv itself, of which Node is made and whose C interface it exports, tells every loop that asks, so this
 * keeps a loop of its own and looks at it whenever the thread says so: 0.4 µs, measured.
 *
 * What does not do: a signalfd reads nothing while any thread has the signal unblocked, and Node unblocks it at its start in
 * the thread of which all others inherit; Node's own binding for signals is open to itself alone (24); and a handler in
 * JavaScript cannot run in the midst of what it interrupts.
 */
export interface SignalWatch {
  /** The signals that have come since the last call. */
  caught(): number[];
}

/** `UV_SIGNAL` of `uv_handle_type`, and `UV_RUN_NOWAIT` of `uv_run_mode`. */
const UV_SIGNAL = 16;
const UV_RUN_NOWAIT = 2;

/** The main thread hears of them as well. Throws an Error where this Node does not export its libuv. */
export function watchSignals(signals: readonly number[]): SignalWatch {
  const uv = koffi.load(null);
  const callback = koffi.pointer(koffi.proto('void caught(void *handle, int signal)'));
  const start = uv.func('uv_signal_start', 'int', ['void *', callback, 'int']);
  const init = uv.func('int uv_signal_init(void *loop, void *handle)');
  const run: (loop: unknown, mode: number) => number = uv.func('int uv_run(void *loop, int mode)');
  // Given back by nobody: the handler of a signal that comes while the process ends still looks at it.
  const loop = koffi.alloc('uint8_t', Number(uv.func('size_t uv_loop_size()')()));
  succeed('uv_loop_init', uv.func('int uv_loop_init(void *loop)')(loop));
  let come: number[] = [];
  const notified = koffi.register((_handle: unknown, signal: number) => void come.push(signal), callback);
  const handleSize = Number(uv.func('size_t uv_handle_size(int type)')(UV_SIGNAL));
  for (const signal of signals) {
    const handle = koffi.alloc('uint8_t', handleSize);
    succeed('uv_signal_init', init(loop, handle));
    succeed('uv_signal_start', start(handle, notified, signal));
  }
  return {
    caught: () => {
      run(loop, UV_RUN_NOWAIT);
      const caught = come;
      come = [];
      return caught;
    },
  };
}

function succeed(operation: string, result: number): void {
  if (result !== 0) throw new Error(`${operation} failed: ${result}`);
}
