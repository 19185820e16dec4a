import type { Depth, RunReport } from '../../reports/run-report.ts';
import { machine } from '../doctor/probe.ts';
import { commit, versions } from '../doctor/versions.ts';
import type { RunSettings } from '../runner/assignment.ts';
import { systemNamed } from '../system/systems.ts';

type Conditions = Pick<RunReport, 'system' | 'datapath' | 'driver' | 'depth' | 'commit' | 'versions' | 'machine'>;

/** What a run is about, and under which conditions it is made. */
export async function runConditions(
  depth: Depth,
  settings: Pick<RunSettings, 'system' | 'datapath' | 'driver'>,
): Promise<Conditions> {
  const [found, checkedOut] = await Promise.all([versions(), commit()]);
  const { cores, memoryBytes, cpu } = machine();
  const system = systemNamed(settings.system);
  return {
    system: { name: system.name, version: system.version() },
    datapath: settings.datapath ?? 'auto',
    driver: settings.driver,
    depth,
    ...(checkedOut && { commit: checkedOut }),
    versions: found,
    machine: { cores, memoryBytes, cpu },
  };
}
