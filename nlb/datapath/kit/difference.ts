import fc from 'fast-check';
import type { OutcomeName } from '../program/layout.ts';
import type { forward } from '../specification/forward.ts';
import { histories, SERVICES } from './histories.ts';
import { openKernelProgram } from './kernel-program.ts';
import { type ReplayParts, replay } from './replay.ts';
import { ifindexOf, makeInterfaces } from './rig.ts';

/** The property that a specification and the program in the kernel do the same in any history. To be opened in private namespaces. */
export function openDifference() {
  makeInterfaces();
  const kernel = openKernelProgram(SERVICES);
  const interfaces = { access: ifindexOf('access'), server: ifindexOf('server') };
  return (
    specification: typeof forward,
    seen: (outcomes: OutcomeName[]) => void,
    full: Pick<ReplayParts, 'boundless' | 'oldestFirst'> = {},
  ) => fc.property(histories, (history) => seen(replay(history, { kernel, interfaces, specification, ...full })));
}
