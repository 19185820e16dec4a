import { driverNamed } from '../driver/drivers.ts';
import { DEFAULT_DRIVER, type DriverName } from '../driver/registry.ts';
import { EXIT, UserError } from './problem.ts';

/** The driver of that name, namespaces where none is named. @throws where this machine has not got what it needs */
export async function driverHere(name: DriverName = DEFAULT_DRIVER): Promise<DriverName> {
  const missing = await driverNamed(name).missing?.();
  if (missing !== undefined) throw new UserError(`no lab can be made with ${name}: ${missing}`, EXIT.machineUnfit);
  return name;
}
