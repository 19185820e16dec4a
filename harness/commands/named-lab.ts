import { find, list } from '../driver/registry.ts';
import { Lab } from '../lab/lab.ts';
import { EXIT, UserError } from './problem.ts';

/** The running lab of that name. @throws UserError that lists the labs there are. */
export function namedLab(name: string): Lab {
  const state = find(name);
  if (state) return new Lab(state);
  const names = list().labs.map((lab) => lab.name);
  const there =
    names.length > 0 ? `there are ${names.join(', ')}` : 'there is none; make one with: onevip up invention';
  throw new UserError(`no lab is named ${name}; ${there}`, EXIT.usage);
}
