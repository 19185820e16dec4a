import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { HistoryLine } from './event.ts';

/** Where the schema is that other programs read. */
export const SCHEMA_FILE = new URL('history.schema.json', import.meta.url);

/** The JSON schema of a line of a history's file but the first, made from the types that this program itself reads by. */
export const schemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(HistoryLine, { io: 'input' }), undefined, 2)}\n`;

if (import.meta.main) writeFileSync(SCHEMA_FILE, schemaText());
