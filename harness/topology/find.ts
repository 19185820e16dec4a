import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', 'topologies');
const extension = '.yaml';

/** The names of the topologies that come with the project. */
export function topologyNames(): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(extension));
  return files.map((file) => basename(file, extension)).toSorted();
}

/**
 * The file of a topology: one of the project's own by its name, or any by its path. Relative to the working directory, as
 * messages show it.
 * @throws an error that lists the names, if there is neither.
 */
export function topologyPath(nameOrPath: string): string {
  const own = join(folder, `${nameOrPath}${extension}`);
  if (topologyNames().includes(nameOrPath)) return relative(process.cwd(), own);
  if (statSync(nameOrPath, { throwIfNoEntry: false })?.isFile()) return nameOrPath;
  throw new Error(`no topology "${nameOrPath}": there are ${topologyNames().join(', ')}, or give the path of a file`);
}

/** The text of a topology, found as `topologyPath` finds it. */
export function findTopology(nameOrPath: string): string {
  return readFileSync(topologyPath(nameOrPath), 'utf8');
}
