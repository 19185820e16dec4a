import koffi from 'koffi';

/**
 * The distribution's libbpf (package libbpf1, version 1.0 or later): pointers are null and integers negative on failure.
 * A number that is returned is -errno; for a pointer, `lastErrno()` says why.
 */
const libbpf = koffi.load('libbpf.so.1');

type Bytes = Uint8Array;
/** Address of something that libbpf owns; 0n and null mean that there is none. */
export type Handle = bigint | null;

export const objectOpenFile: (path: string, options: null) => Handle = libbpf.func(
  'void *bpf_object__open_file(const char *path, const void *options)',
);
export const objectLoad: (object: Handle) => number = libbpf.func('int bpf_object__load(void *object)');
export const objectClose: (object: Handle) => void = libbpf.func('void bpf_object__close(void *object)');
export const objectFindMap: (object: Handle, name: string) => Handle = libbpf.func(
  'void *bpf_object__find_map_by_name(void *object, const char *name)',
);
export const objectFindProgram: (object: Handle, name: string) => Handle = libbpf.func(
  'void *bpf_object__find_program_by_name(void *object, const char *name)',
);
/** The first one after null; null after the last. */
export const objectNextProgram: (object: Handle, before: Handle) => Handle = libbpf.func(
  'void *bpf_object__next_program(void *object, void *before)',
);
export const programName: (program: Handle) => string = libbpf.func('const char *bpf_program__name(void *program)');
export const programSetAutoload: (program: Handle, autoload: boolean) => number = libbpf.func(
  'int bpf_program__set_autoload(void *program, bool autoload)',
);
export const programFd: (program: Handle) => number = libbpf.func('int bpf_program__fd(void *program)');
export const mapFd: (map: Handle) => number = libbpf.func('int bpf_map__fd(void *map)');
export const mapSetMaxEntries: (map: Handle, entries: number) => number = libbpf.func(
  'int bpf_map__set_max_entries(void *map, uint32_t entries)',
);
export const mapReuseFd: (map: Handle, fd: number) => number = libbpf.func('int bpf_map__reuse_fd(void *map, int fd)');

const mapUpdateFunction = libbpf.func(
  'int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)',
);
export const mapUpdate: (fd: number, key: Bytes, value: Bytes, flags: number) => number = mapUpdateFunction;
/** On a thread of Node's pool. */
export const mapUpdateInBackground = (fd: number, key: Bytes, value: Bytes, flags: number): Promise<number> =>
  new Promise((resolve) =>
    mapUpdateFunction.async(fd, key, value, flags, (_: unknown, result: number) => resolve(result)),
  );
export const mapLookup: (fd: number, key: Bytes, value: Bytes) => number = libbpf.func(
  'int bpf_map_lookup_elem(int fd, const void *key, _Out_ void *value)',
);
export const mapCreate: (
  type: number,
  name: string,
  keyBytes: number,
  valueBytes: number,
  entries: number,
  options: Bytes | null,
) => number = libbpf.func(
  'int bpf_map_create(int type, const char *name, uint32_t key, uint32_t value, uint32_t entries, const void *options)',
);
export const mapDelete: (fd: number, key: Bytes) => number = libbpf.func(
  'int bpf_map_delete_elem(int fd, const void *key)',
);
export const mapNextKey: (fd: number, key: Bytes | null, next: Bytes) => number = libbpf.func(
  'int bpf_map_get_next_key(int fd, const void *key, _Out_ void *next)',
);
export const mapLookupBatch: (
  fd: number,
  from: Bytes | null,
  next: Bytes,
  keys: Bytes,
  values: Bytes,
  count: Uint32Array,
  options: null,
) => number = libbpf.func(
  'int bpf_map_lookup_batch(int fd, void *from, void *next, void *keys, void *values, void *count, const void *options)',
);
/** `count`: how many there are, and then how many have been written before an error. */
export const mapUpdateBatch: (fd: number, keys: Bytes, values: Bytes, count: Uint32Array, options: null) => number =
  libbpf.func(
    'int bpf_map_update_batch(int fd, const void *keys, const void *values, _Inout_ uint32_t *count, const void *options)',
  );
export const mapDeleteBatch: (fd: number, keys: Bytes, count: Uint32Array, options: null) => number = libbpf.func(
  'int bpf_map_delete_batch(int fd, const void *keys, _Inout_ uint32_t *count, const void *options)',
);
export const possibleCpus: () => number = libbpf.func('int libbpf_num_possible_cpus()');

export const objPin: (fd: number, path: string) => number = libbpf.func('int bpf_obj_pin(int fd, const char *path)');
export const objGet: (path: string) => number = libbpf.func('int bpf_obj_get(const char *path)');
export const objInfo: (fd: number, info: Bytes, bytes: Uint32Array) => number = libbpf.func(
  'int bpf_obj_get_info_by_fd(int fd, void *info, void *bytes)',
);
export const programFdById: (id: number) => number = libbpf.func('int bpf_prog_get_fd_by_id(uint32_t id)');

export const linkCreate: (program: number, target: number, attachType: number, options: Bytes | null) => number =
  libbpf.func('int bpf_link_create(int program, int target, int type, const void *options)');
/** Of a program that names its event itself (`tp_btf`): a link. */
export const rawTracepointOpen: (name: null, program: number) => number = libbpf.func(
  'int bpf_raw_tracepoint_open(const char *name, int program)',
);
export const linkUpdate: (link: number, program: number, options: null) => number = libbpf.func(
  'int bpf_link_update(int link, int program, const void *options)',
);
export const linkDetach: (link: number) => number = libbpf.func('int bpf_link_detach(int link)');
export const xdpQuery: (ifindex: number, flags: number, options: Bytes) => number = libbpf.func(
  'int bpf_xdp_query(int ifindex, int flags, void *options)',
);
export const tcHookCreate: (hook: Bytes) => number = libbpf.func('int bpf_tc_hook_create(void *hook)');
export const tcHookDestroy: (hook: Bytes) => number = libbpf.func('int bpf_tc_hook_destroy(void *hook)');
export const tcAttach: (hook: Bytes, options: Bytes) => number = libbpf.func(
  'int bpf_tc_attach(const void *hook, void *options)',
);
export const tcDetach: (hook: Bytes, options: Bytes) => number = libbpf.func(
  'int bpf_tc_detach(const void *hook, const void *options)',
);
export const testRun: (program: number, options: Bytes) => number = libbpf.func(
  'int bpf_prog_test_run_opts(int program, void *options)',
);

const printer = koffi.proto('int onevip_libbpf_print(int level, const char *format, void *words)');
const setPrint: (callback: bigint | null) => Handle = libbpf.func('void *libbpf_set_print(void *callback)');
const vsnprintf: (text: Bytes, bytes: number, format: string, words: bigint) => number = koffi
  .load('libc.so.6')
  .func('int vsnprintf(_Out_ void *text, size_t bytes, const char *format, void *words)');

const LINE_BYTES = 65_536;
const DEBUG_LEVEL = 2;

setPrint(null);

/**
 * What libbpf says while `work` runs: why an object was refused, with the verifier's log. At all other times it is
 * silent, because its words are nobody's log. The words of a C variable argument list stay where they are; only the C
 * library reads them.
 */
export function listening<T>(work: () => T): { result: T; said: string } {
  const lines: string[] = [];
  const callback = koffi.register((level: number, format: string, words: bigint): number => {
    if (level >= DEBUG_LEVEL) return 0;
    const text = Buffer.alloc(LINE_BYTES);
    const length = vsnprintf(text, text.length, format, words);
    lines.push(text.toString('utf8', 0, Math.min(length, LINE_BYTES - 1)));
    return length;
  }, koffi.pointer(printer));
  setPrint(callback);
  try {
    return { result: work(), said: lines.join('').trim() };
  } finally {
    setPrint(null);
    koffi.unregister(callback);
  }
}
