import type { System } from '../system/system.ts';
import { systemNamed, systemNames } from '../system/systems.ts';
import { EXIT, UserError } from './problem.ts';

/** The system of that name, ours where none is named. @throws where there is none, or this machine cannot run it */
export function systemHere(name: string | undefined): System {
  if (name !== undefined && !systemNames.includes(name))
    throw new UserError(`no system is named ${name}; there are ${systemNames.join(', ')}`, EXIT.usage);
  const system = systemNamed(name);
  const missing = system.missing();
  if (missing !== undefined) throw new UserError(`${system.name} cannot run here: ${missing}`, EXIT.machineUnfit);
  return system;
}
