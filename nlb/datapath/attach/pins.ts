import { closeSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { detachLink, type LinkKind, openPinned, pin } from '../../kernel/bpf-link.ts';
import { ensureBpfDirectory, unmount } from '../../kernel/mounts.ts';

/** A link that is pinned: its name says how and where it is attached. */
export interface PinnedLink {
  kind: LinkKind;
  ifindex: number;
}

/**
 * What outlives the daemon, as names in a BPF file system: `maps/NAME`, `links/KIND-IFINDEX`, `tracings/NAME`. Classic tc filters need no
 * pin; an empty folder `filters/IFINDEX` remembers that there is one, `qdiscs/IFINDEX` that its qdisc is ours too.
 */
export interface Pins {
  /** Descriptor of a pinned map, which the caller closes. */
  openMap(name: string): number | undefined;
  pinMap(name: string, fd: number): void;
  unpinMap(name: string): void;
  unpinMaps(): void;
  links(): PinnedLink[];
  openLink(link: PinnedLink): number | undefined;
  /** Pins the link and closes its descriptor. */
  keepLink(link: PinnedLink, fd: number): void;
  /** Detaches the link's program at once. */
  dropLink(link: PinnedLink): void;
  /** Names of the programs that listen to the kernel's events. */
  tracings(): string[];
  /** Pins its link and closes the descriptor. */
  keepTracing(name: string, fd: number): void;
  /** It ends some time after this returns: such a link cannot be detached. */
  dropTracing(name: string): void;
  remember(what: 'filters' | 'qdiscs', ifindex: number): void;
  remembered(what: 'filters' | 'qdiscs'): number[];
  forget(what: 'filters' | 'qdiscs', ifindex: number): void;
  /** Remove the empty folders, and the mount if this process made it. */
  tidy(): void;
}

const FOLDERS = ['maps', 'links', 'tracings', 'filters', 'qdiscs'];

/** Throws SyscallError, and what mkdir throws. */
export function openPins(directory: string): Pins {
  const mounted = ensureBpfDirectory(directory);
  const inside = (...names: (string | number)[]): string => join(directory, ...names.map(String));
  for (const folder of FOLDERS) mkdirSync(inside(folder), { recursive: true });
  const linkPath = ({ kind, ifindex }: PinnedLink): string => inside('links', `${kind}-${ifindex}`);
  return {
    openMap: (name) => openPinned(inside('maps', name)),
    pinMap: (name, fd) => pin(fd, inside('maps', name)),
    unpinMap: (name) => unlinkSync(inside('maps', name)),
    unpinMaps: () => {
      for (const name of readdirSync(inside('maps'))) unlinkSync(inside('maps', name));
    },
    links: () => readdirSync(inside('links')).flatMap(parseLink),
    openLink: (link) => openPinned(linkPath(link)),
    keepLink: (link, fd) => keep(fd, linkPath(link)),
    dropLink: (link) => drop(linkPath(link)),
    tracings: () => readdirSync(inside('tracings')),
    keepTracing: (name, fd) => keep(fd, inside('tracings', name)),
    dropTracing: (name) => unlinkSync(inside('tracings', name)),
    remember: (what, ifindex) => void mkdirSync(inside(what, ifindex), { recursive: true }),
    remembered: (what) => readdirSync(inside(what)).map(Number),
    forget: (what, ifindex) => rmdirSync(inside(what, ifindex)),
    tidy: () => {
      for (const folder of FOLDERS) rmdirSync(inside(folder));
      if (mounted) unmount(directory);
    },
  };
}

function keep(fd: number, path: string): void {
  try {
    pin(fd, path);
  } finally {
    closeSync(fd);
  }
}

function drop(path: string): void {
  const fd = openPinned(path);
  if (fd === undefined) return;
  try {
    detachLink(fd);
  } finally {
    closeSync(fd);
  }
  unlinkSync(path);
}

function parseLink(name: string): PinnedLink[] {
  const [, kind, ifindex] = /^(xdp|xdp-generic|tcx)-(\d+)$/.exec(name) ?? [];
  return kind === undefined ? [] : [{ kind: kind as LinkKind, ifindex: Number(ifindex) }];
}
