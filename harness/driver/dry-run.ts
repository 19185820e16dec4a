import type { Plan } from '../topology/plan.ts';
import { lan, lansOf, namespaces, node } from './batch.ts';
import { filterRules, keepalivedConfig } from './firewall.ts';
import { labNames } from './names.ts';

/** What the driver of namespaces would do for a lab of the plan: each text, with where it would be used. */
export function dryRun(plan: Plan): { title: string; text: string }[] {
  const names = labNames('NAME', plan);
  const firewalls = plan.nodes.filter(({ kind }) => kind === 'firewall');
  return [
    { title: 'on the host: ip -batch', text: namespaces(names.all()) },
    ...lansOf(plan).map((name) => ({ title: `in ${names.lan(name)}: ip -batch`, text: lan(plan, names, name) })),
    ...plan.nodes.map((one) => ({ title: `in ${names.node(one.name)}: ip -batch`, text: node(one) })),
    ...firewalls.flatMap((one) => [
      { title: `on ${one.name}: iptables-restore`, text: filterRules(plan, one) },
      { title: `on ${one.name}: keepalived`, text: keepalivedConfig(one) },
    ]),
  ];
}
