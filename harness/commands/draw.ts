import { lan, lansOf, namespaces, node } from '../driver/batch.ts';
import { filterRules, keepalivedConfig } from '../driver/firewall.ts';
import { labNames } from '../driver/names.ts';
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
  const names = labNames('NAME', plan);
  section('on the host: ip -batch', namespaces(names));
  for (const name of lansOf(plan)) section(`in ${names.lan(name)}: ip -batch`, lan(plan, names, name));
  for (const one of plan.nodes) section(`in ${names.node(one.name)}: ip -batch`, node(one));
  for (const one of plan.nodes.filter(({ kind }) => kind === 'firewall')) {
    section(`on ${one.name}: iptables-restore`, filterRules(plan, one));
    section(`on ${one.name}: keepalived`, keepalivedConfig(one));
  }
}

function section(title: string, text: string): void {
  console.log(`# ${title}\n${text}`);
}
