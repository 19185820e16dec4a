import koffi from 'koffi';

/** linux/bpf.h. What runs there neither `ip` nor `tc` lists, nor does bpftool 7.1. */
const BPF_TCX_INGRESS = 46;
const MOST = 64;
const [EINVAL, ENOENT] = [22, 2];

type Query = (
  target: number,
  type: number,
  flags: number,
  attachFlags: null,
  ids: Uint32Array,
  count: Uint32Array,
) => number;
let query: Query | undefined;

function load(): Query {
  return koffi
    .load('libbpf.so.1')
    .func(
      'int bpf_prog_query(int target, int type, uint32_t flags, uint32_t *attachFlags, _Inout_ uint32_t *ids, _Inout_ uint32_t *count)',
    ) as unknown as Query;
}

/**
 * Numbers of the programs that tcx runs on what comes in by an interface of the calling thread's network namespace. None on
 * kernels before 6.6, which have no tcx.
 * @throws when the kernel refuses, with the errno.
 */
export function tcxPrograms(ifindex: number): number[] {
  query ??= load();
  const [ids, count] = [new Uint32Array(MOST), Uint32Array.of(MOST)];
  const refused = -query(ifindex, BPF_TCX_INGRESS, 0, null, ids, count);
  if (refused === EINVAL || refused === ENOENT) return [];
  if (refused > 0) throw new Error(`the kernel does not say what tcx runs on interface ${ifindex}: errno ${refused}`);
  return [...ids.subarray(0, count[0])];
}
