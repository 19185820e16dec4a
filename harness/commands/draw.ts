import { dryRun } from '../driver/dry-run.ts';
import { find } from '../driver/registry.ts';
import { toMermaid, toSvg } from '../topology/graph.ts';
import { loadPlan } from '../topology/load.ts';

/** `onevip graph TOPOLOGY|LAB`: a picture, as Mermaid text or as SVG. */
export function graph(nameOfEither: string, { svg, servers }: { svg?: boolean; servers?: number }): void {
  const plan = find(nameOfEither)?.plan ?? loadPlan(nameOfEither, servers === undefined ? {} : { servers });
  process.stdout.write(svg ? toSvg(plan) : toMermaid(plan));
}

/** `onevip plan TOPOLOGY`: every command and configuration that `up` would use, with nothing made. */
export function showPlan(topology: string, options: { servers?: number; json?: boolean }): void {
  const plan = loadPlan(topology, options);
  if (options.json) {
    console.log(JSON.stringify(plan, undefined, 2));
    return;
  }
  for (const { title, text } of dryRun(plan)) console.log(`# ${title}\n${text}`);
}
