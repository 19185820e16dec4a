import { fast, recommended } from './keepalived-nft/keepalived-nft.ts';
import { nlb } from './nlb/nlb.ts';
import type { System } from './system.ts';

/** The systems that a lab can be brought up with, by name; the first one where none is named. */
const SYSTEMS = [nlb, recommended, fast];

export const systemNames: readonly string[] = SYSTEMS.map(({ name }) => name);

/** @throws where there is none of that name; the message lists those that there are */
export function systemNamed(name = nlb.name): System {
  const found = SYSTEMS.find((system) => system.name === name);
  if (!found) throw new Error(`no system under test is named ${name}; there are: ${systemNames.join(', ')}`);
  return found;
}

/** The words that name the system on a command line; none for the one that needs no naming. */
export const systemWords = (name = nlb.name): string => (name === nlb.name ? '' : ` --system ${name}`);
