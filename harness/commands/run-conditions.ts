import type { Depth, RunReport } from '../../reports/run-report.ts';
import { machine } from '../doctor/probe.ts';
import { commit, versions } from '../doctor/versions.ts';

type Conditions = Pick<RunReport, 'system' | 'datapath' | 'depth' | 'commit' | 'versions' | 'machine'>;

/** What a run is about, and under which conditions it is made. */
export async function runConditions(depth: Depth): Promise<Conditions> {
  const [found, checkedOut] = await Promise.all([versions(), commit()]);
  const { cores, memoryBytes, cpu } = machine();
  return {
    system: { name: process.env.ONEVIP_SYSTEM ?? 'nlb' },
    datapath: process.env.ONEVIP_DATAPATH ?? 'auto',
    depth,
    ...(checkedOut && { commit: checkedOut }),
    versions: found,
    machine: { cores, memoryBytes, cpu },
  };
}
