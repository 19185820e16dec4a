import type { Settings } from './settings.ts';
import { type Event, enter, type Role, relisten, type Step, stay } from './state.ts';

/** Out of operation until what put it there is cured. */
export function whenInop(role: Role, event: Event, settings: Settings, why: string | undefined): Step {
  if (event.type === 'AskedToLead' || event.type === 'AskedToStandBy')
    return { ...stay(role), whyNotGranted: `out of operation: ${why ?? role.reason}` };
  if (why === undefined && role.lasting.onlyPeerIsFit === undefined)
    return enter(role, relisten(settings), `cured: ${role.reason}`, event.atMs);
  return stay(role, event.type === 'Ticked' ? ['beat'] : []);
}
