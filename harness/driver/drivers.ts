import { docker } from './docker/docker.ts';
import type { Driver } from './driver.ts';
import { netns } from './netns.ts';
import type { DriverName } from './registry.ts';

const DRIVERS: Record<DriverName, Driver> = { netns, docker };

export const driverNames = Object.keys(DRIVERS) as DriverName[];

export const driverNamed = (name: DriverName): Driver => DRIVERS[name];
