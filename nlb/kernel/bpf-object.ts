import {
  type Handle,
  listening,
  mapFd,
  mapReuseFd,
  mapSetMaxEntries,
  objectClose,
  objectFindMap,
  objectFindProgram,
  objectLoad,
  objectNextProgram,
  objectOpenFile,
  programFd,
  programName,
  programSetAutoload,
} from './libbpf.ts';
import { lastErrno } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** A compiled BPF object that the kernel has accepted. */
export interface BpfObject {
  /** Descriptor of a map; belongs to the object. Throws where the object has none of that name. */
  map(name: string): number;
  /** Descriptor of a program; belongs to the object. Throws where the object has none of that name. */
  program(name: string): number;
  /** Closes the descriptors. What is attached or pinned stays. */
  close(): void;
}

export interface LoadOptions {
  file: string;
  /** Entries of a map, by its name, where it is not what was compiled in. */
  entries: Record<string, number>;
  /** Descriptors of existing maps to use instead of new ones, by name. They are duplicated. */
  reuse: Record<string, number>;
  /** The programs that are wanted; all of them when absent. The kernel examines each, which takes tens of milliseconds. */
  programs?: readonly string[];
}

/** How much of what libbpf says goes into an error: its end, where the reason is. */
const DETAIL_LINES = 15;

/** Hand the object to the kernel. Throws SyscallError with libbpf's and the verifier's last words. */
export function loadObject({ file, entries, reuse, programs }: LoadOptions): BpfObject {
  let object: Handle = null;
  const { result: errno, said } = listening(() => {
    object = objectOpenFile(file, null);
    if (!object) return lastErrno();
    if (programs) leaveOut(object, programs);
    return prepare(object, entries, reuse) || -objectLoad(object);
  });
  if (errno === 0) return accepted(object);
  if (object) objectClose(object);
  throw new SyscallError('load BPF object', file, errno, said.split('\n').slice(-DETAIL_LINES).join('\n'));
}

function leaveOut(object: Handle, wanted: readonly string[]): void {
  for (let program = objectNextProgram(object, null); program; program = objectNextProgram(object, program))
    if (!wanted.includes(programName(program))) programSetAutoload(program, false);
}

/** Zero, or the errno of the first setting that libbpf refused. */
function prepare(object: Handle, entries: Record<string, number>, reuse: Record<string, number>): number {
  for (const [name, count] of Object.entries(entries)) {
    const result = mapSetMaxEntries(found(objectFindMap(object, name), name), count);
    if (result < 0) return -result;
  }
  for (const [name, fd] of Object.entries(reuse)) {
    const result = mapReuseFd(found(objectFindMap(object, name), name), fd);
    if (result < 0) return -result;
  }
  return 0;
}

function accepted(object: Handle): BpfObject {
  return {
    map: (name) => mapFd(found(objectFindMap(object, name), name)),
    program: (name) => programFd(found(objectFindProgram(object, name), name)),
    close: () => objectClose(object),
  };
}

function found(handle: Handle, name: string): Handle {
  if (!handle) throw new Error(`The BPF object has no ${name}`);
  return handle;
}
