import { type ConnectionNumbers, connectionOf, type WalkedConnection } from './connection-numbers.ts';
import type { FlowRows } from './flow-table.ts';

/** 64 KiB of rows, or so many wanted connections and a few more: some tenths of a millisecond, for first packets wait meanwhile. */
const [STEP_GROUPS, STEP_FOUND] = [256, 32];
/** Between two looks at how many have been found. */
const CHUNK_GROUPS = 4;

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
