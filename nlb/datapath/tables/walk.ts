import { type ConnectionNumbers, connectionOf, type WalkedConnection } from './connection-numbers.ts';
import type { FlowRows } from './flow-table.ts';

/** Half a MiB of rows, or so many wanted connections and a few hundred more: well below a millisecond where few are wanted. */
const [STEP_GROUPS, STEP_FOUND] = [2048, 512];
/** Between two looks at how many have been found. */
const CHUNK_GROUPS = 32;

/**
 * The connections of the tables, one table after the other, in short steps. Those that come or go meanwhile may be included or not.
 * @param isWanted gets the same object again and again
 */
export function* walkConnections(
  tables: Iterable<FlowRows>,
  isWanted: (connection: Readonly<ConnectionNumbers>) => boolean = () => true,
): Generator<WalkedConnection[]> {
  for (const rows of tables)
    for (let group = 0; group < rows.groups; ) {
      const [found, end]: [WalkedConnection[], number] = [[], Math.min(group + STEP_GROUPS, rows.groups)];
      for (; group < end && found.length < STEP_FOUND; group += CHUNK_GROUPS)
        rows.scan(group, CHUNK_GROUPS, (numbers) => {
          if (isWanted(numbers)) found.push(connectionOf(numbers));
        });
      yield found;
    }
}
