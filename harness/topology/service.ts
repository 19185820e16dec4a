import { checkWord } from './name.ts';
import { checkWhole } from './number.ts';
import type { ServicePlan } from './plan.ts';
import type { Report } from './problem.ts';
import type { Sketch } from './sketch.ts';

/** Check the services: their names and their ports are each used once. */
export function resolveServices(sketch: Sketch, report: Report): ServicePlan[] {
  const services: ServicePlan[] = [];
  for (const [index, service] of sketch.services.entries()) {
    if (!service) continue;
    const path = ['cluster', 'services', index];
    const { name, protocol, port } = service;
    checkWord(name, 'service', [...path, 'name'], report);
    checkWhole(port, 1, 65_535, [...path, 'port'], report);
    if (services.some((s) => s.name === name)) report.value([...path, 'name'], `there is a service "${name}" already`);
    const same = services.find((s) => s.protocol === protocol && s.port === port);
    if (same) report.value([...path, 'port'], `${protocol} port ${port} is that of service "${same.name}" already`);
    services.push({ name, protocol, port });
  }
  return services;
}
