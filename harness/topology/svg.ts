import { type Arrangement, arrange, lanOf, type Place } from './arrange.ts';
import type { LegPlan, NodeKind, Plan } from './plan.ts';

/** Everything in pixels. */
const box = { leastWidth: 176, gap: 22, head: 30, line: 30, foot: 8 };
const bar = { height: 8, above: 34, below: 34 };
const gutter = { leastLeft: 170, right: 210 };
/** About the width of a character of the text below. */
const character = 7;
const header = 64;
const margin = 24;

const colours: Record<NodeKind, string> = {
  client: '#6b7280',
  router: '#6b7280',
  firewall: '#b45309',
  nlb: '#1d4ed8',
  server: '#047857',
};

const style = `
  text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1f2937 }
  .title { font-size: 18px; font-weight: 600 } .name { font-size: 14px; font-weight: 600 }
  .mac { font: 10.5px ui-monospace, monospace; fill: #6b7280 } .kind, .quiet { fill: #6b7280 }
  .box { fill: #fff; stroke-width: 1.5 } .bar { fill: #3b6ea5 } .leg { stroke: #3b6ea5; stroke-width: 2; fill: none }
  .halo { stroke: #fff; stroke-width: 8 } .shared { font-weight: 600; fill: #1d4ed8 }`;

/** Where rows and LANs lie. */
interface Drawing {
  plan: Plan;
  arrangement: Arrangement;
  /** Top of each row. */
  rowTop: number[];
  /** Top of each LAN's bar. */
  barTop: number[];
  width: number;
  height: number;
  /** Width of the names of the LANs, and of a node's box. */
  left: number;
  boxWidth: number;
}

/** A plan as a picture: LANs as bars, nodes hanging from them with their addresses, the shared addresses at the right. */
export function toSvg(plan: Plan): string {
  const drawing = measure(plan);
  const { width, height, arrangement } = drawing;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${plan.topology}</title><style>${style}</style><rect width="100%" height="100%" fill="#fff"/>`,
    ...title(plan),
    ...arrangement.bars.flatMap((_, index) => drawBar(drawing, index)),
    ...arrangement.places.flatMap((place) => drawLegs(drawing, place)),
    ...arrangement.places.flatMap((place) => drawBox(drawing, place)),
    '</svg>',
    '',
  ].join('\n');
}

function measure(plan: Plan): Drawing {
  const arrangement = arrange(plan);
  const rowTop: number[] = [];
  const barTop: number[] = [];
  let y = header + margin;
  for (let row = 0; row <= arrangement.bars.length; row += 1) {
    rowTop.push(y);
    const heights = arrangement.places.filter((place) => place.row === row).map(heightOf);
    y += Math.max(0, ...heights) + bar.above;
    if (row < arrangement.bars.length) barTop.push(y);
    y += bar.height + bar.below;
  }
  const height = y - bar.height - bar.below - bar.above + margin;
  const left = Math.max(gutter.leastLeft, margin * 2 + widest(arrangement.bars.flatMap((b) => [b.name, ...b.subnets])));
  const labels = plan.nodes.flatMap((node) => node.legs.map((leg) => `${leg.name} ${leg.address}`));
  const boxWidth = Math.max(box.leastWidth, margin + widest(labels));
  const width = left + arrangement.columns * (boxWidth + box.gap) + gutter.right;
  return { plan, arrangement, rowTop, barTop, width, height, left, boxWidth };
}

function widest(texts: string[]): number {
  return character * Math.max(0, ...texts.map(({ length }) => length));
}

function heightOf({ node }: Place): number {
  return box.head + node.legs.length * box.line + node.loopback.length * 18 + box.foot;
}

function leftOf({ left, boxWidth }: Drawing, { column }: Place): number {
  return left + column * (boxWidth + box.gap);
}

function title({ topology, addresses, services }: Plan): string[] {
  const list = services.map(({ name, protocol, port }) => `${name} ${protocol}/${port}`).join(' · ');
  return [
    text(margin, 36, topology, 'title'),
    text(margin, 58, `cluster ${addresses.cluster.join(', ')} · ${list}`, 'quiet'),
  ];
}

function drawBar({ arrangement, barTop, width, left }: Drawing, index: number): string[] {
  const { name, subnets, virtual } = arrangement.bars[index] ?? { name: '', subnets: [], virtual: [] };
  const y = barTop[index] ?? 0;
  const right = width - gutter.right;
  return [
    `<rect class="bar" x="${left - 12}" y="${y}" width="${right - left + 12}" height="${bar.height}" rx="4"/>`,
    text(margin, y + 2, name, 'name'),
    ...subnets.map((subnet, line) => text(margin, y + 18 + line * 15, subnet, 'quiet')),
    ...virtual.map((line, at) => text(right + 12, y + 8 + at * 16, line, 'shared')),
  ];
}

/** A line that passes a LAN without joining it has a white edge there; a dot marks where it joins. */
function drawLegs(drawing: Drawing, place: Place): string[] {
  const top = drawing.rowTop[place.row] ?? 0;
  const bottom = top + heightOf(place);
  const step = drawing.boxWidth / (place.node.legs.length + 1);
  return place.node.legs.flatMap((leg, index) => {
    const x = leftOf(drawing, place) + step * (index + 1);
    const lan = lanIndex(drawing, leg);
    const y = (drawing.barTop[lan] ?? 0) + bar.height / 2;
    const from = y < top ? top : bottom;
    const line = (className: string) => `<line class="${className}" x1="${x}" y1="${from}" x2="${x}" y2="${y}"/>`;
    const passes = lan > place.row;
    return [...(passes ? [line('halo')] : []), line('leg'), `<circle cx="${x}" cy="${y}" r="5" class="bar"/>`];
  });
}

function lanIndex({ plan, arrangement }: Drawing, { segment }: LegPlan): number {
  return arrangement.bars.findIndex(({ name }) => name === lanOf(segment, plan));
}

function drawBox(drawing: Drawing, place: Place): string[] {
  const { rowTop, boxWidth } = drawing;
  const { node } = place;
  const [x, y, height] = [leftOf(drawing, place), rowTop[place.row] ?? 0, heightOf(place)];
  const colour = colours[node.kind];
  const kind = node.vrrp ? `${node.kind} ${node.vrrp.priority}` : node.primary ? `${node.kind}, primary` : node.kind;
  const legs = node.legs.flatMap((leg, index) => {
    const at = y + box.head + index * box.line + 12;
    return [text(x + 12, at, `${leg.name} ${leg.address}`), text(x + 12, at + 13, leg.mac, 'mac')];
  });
  const loopbackTop = y + box.head + node.legs.length * box.line + 12;
  return [
    `<rect class="box" x="${x}" y="${y}" width="${boxWidth}" height="${height}" rx="6" stroke="${colour}"/>`,
    text(x + 12, y + 20, node.name, 'name'),
    `<text x="${x + boxWidth - 12}" y="${y + 20}" class="kind" text-anchor="end">${kind}</text>`,
    ...legs,
    ...node.loopback.map((address, index) => text(x + 12, loopbackTop + index * 18, `lo ${address}`, 'shared')),
  ];
}

/** Nothing here needs escaping: names are letters, digits and hyphens. */
function text(x: number, y: number, content: string, className = 'address'): string {
  return `<text x="${x}" y="${y}" class="${className}">${content}</text>`;
}
