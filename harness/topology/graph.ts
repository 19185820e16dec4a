import { arrange, type LanBar, lanOf, type Place } from './arrange.ts';
import type { Plan } from './plan.ts';

export { toSvg } from './svg.ts';

/** A plan as a Mermaid flowchart: LANs and nodes, each line with the address that it has. */
export function toMermaid(plan: Plan): string {
  const { bars, places } = arrange(plan);
  const services = plan.services.map(({ name, protocol, port }) => `${name} ${protocol}/${port}`).join(', ');
  return [
    `%% ${plan.topology}: cluster ${plan.addresses.cluster.join(', ')}; ${services}`,
    'flowchart TB',
    ...bars.map(lanLine),
    ...places.map(nodeLine),
    ...places.flatMap((place) => legLines(place, bars, plan)),
    '  classDef lan fill:#e6f0fa,stroke:#3b6ea5',
    `  class ${bars.map(({ name }) => lanId(name)).join(',')} lan`,
    '',
  ].join('\n');
}

function lanLine({ name, subnets, virtual }: LanBar): string {
  return `  ${lanId(name)}[["${[`<b>${name}</b>`, ...subnets, ...virtual].join('<br/>')}"]]`;
}

function nodeLine({ node }: Place): string {
  const loopback = node.loopback.map((address) => `lo ${address}`);
  return `  ${nodeId(node.name)}["${[`<b>${node.name}</b>`, ...loopback].join('<br/>')}"]`;
}

/** Mermaid puts the first of two above the second; a node stands below the first of its LANs. */
function legLines({ node, row }: Place, bars: LanBar[], plan: Plan): string[] {
  return node.legs.map((leg) => {
    const label = `|"${leg.address}<br/>${leg.mac}"|`;
    const lanName = lanOf(leg.segment, plan);
    const above = bars.findIndex(({ name }) => name === lanName) < row;
    const [lan, id] = [lanId(lanName), nodeId(node.name)];
    return above ? `  ${lan} ---${label} ${id}` : `  ${id} ---${label} ${lan}`;
  });
}

/** Names may be words of Mermaid's own, such as `end`, and may have hyphens, which it reads as lines. */
function lanId(name: string): string {
  return `lan_${name.replaceAll('-', '_')}`;
}

function nodeId(name: string): string {
  return `node_${name.replaceAll('-', '_')}`;
}
