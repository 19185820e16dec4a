import type { Driver } from './driver.ts';
import { netns } from './netns.ts';
import type { DriverName } from './registry.ts';

const DRIVERS: Record<DriverName, Driver> = { netns };

export const driverNamed = (name: DriverName): Driver => DRIVERS[name];
