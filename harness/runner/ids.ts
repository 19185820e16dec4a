import { type Catalogue, mustKnow } from './catalogue.ts';
import type { Suite } from './suite.ts';

/** @throws UnknownRequirement when a test of the suite names an id or an aspect that the catalogue does not have, or no aspect where it has some. */
export function checkIds(catalogue: Catalogue, suite: Suite): void {
  for (const [title, { proves }] of Object.entries(suite.tests)) {
    mustKnow(catalogue, proves, `the suite ${suite.name}, test "${title}",`);
  }
}
