import t from 'tap';
import { small } from './bad-topology.ts';
import { findTopology, topologyNames } from './find.ts';
import { toMermaid, toSvg } from './graph.ts';
import type { Plan } from './plan.ts';
import { readTopology } from './read.ts';

function planOf(text: string, servers?: number): Plan {
  const read = readTopology(text, 'f.yaml', servers === undefined ? {} : { servers });
  if (!('plan' in read)) throw new Error('the topology is wrong');
  return read.plan;
}

t.test('a small network as Mermaid', async (t) => {
  const lines = toMermaid(planOf(small, 1)).split('\n');
  t.same(lines.slice(0, 5), [
    '%% small: cluster 203.0.113.10, 203.0.113.11; http tcp/80, echo udp/7',
    'flowchart TB',
    '  lan_wan[["<b>wan</b><br/>100.64.0.0/24<br/>firewalls 100.64.0.1"]]',
    '  lan_access[["<b>access</b><br/>10.77.1.0/24<br/>firewalls 10.77.1.1<br/>load balancers 10.77.1.100"]]',
    '  lan_server[["<b>server</b><br/>10.77.2.0/28"]]',
  ]);
  for (const line of [
    '  node_server1["<b>server1</b><br/>lo 203.0.113.10/32<br/>lo 203.0.113.11/32"]',
    '  node_client ---|"100.64.0.9/24<br/>02:00:01:00:00:09"| lan_wan',
    '  lan_access ---|"10.77.1.11/24<br/>02:00:02:00:00:11"| node_nlb1',
    '  node_nlb1 ---|"10.77.2.11/28<br/>02:00:03:00:00:11"| lan_server',
  ]) {
    t.ok(lines.includes(line), line);
  }
});

/** The boxes of a picture: left, top, right, bottom. */
function boxesOf(svg: string): number[][] {
  const rects = svg.matchAll(/<rect class="box" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g);
  return [...rects].map((rect) => {
    const [x = 0, y = 0, width = 0, height = 0] = rect.slice(1).map(Number);
    return [x, y, x + width, y + height];
  });
}

const apart = (a: number[], b: number[]) => {
  const [aLeft = 0, aTop = 0, aRight = 0, aBottom = 0] = a;
  const [bLeft = 0, bTop = 0, bRight = 0, bBottom = 0] = b;
  return aRight < bLeft || bRight < aLeft || aBottom < bTop || bBottom < aTop;
};

for (const name of topologyNames()) {
  t.test(
    `${name} as a picture: every address is there, no box lies on another, no line runs through a box`,
    async (t) => {
      const plan = planOf(findTopology(name));
      const svg = toSvg(plan);
      const { cluster, nlbs, vrrp } = plan.addresses;
      const legs = plan.nodes.flatMap((node) => node.legs);
      const shown = [...cluster, nlbs, ...Object.values(vrrp), ...legs.flatMap(({ address, mac }) => [address, mac])];
      t.same(
        shown.filter((text) => !svg.includes(text)),
        [],
      );
      const boxes = boxesOf(svg);
      t.equal(boxes.length, plan.nodes.length);
      t.ok(boxes.every((a, i) => boxes.slice(i + 1).every((b) => apart(a, b))));
      const lines = [...svg.matchAll(/<line class="leg" x1="([\d.]+)" y1="([\d.]+)" x2="[\d.]+" y2="([\d.]+)"/g)];
      t.equal(lines.length, legs.length);
      for (const line of lines) {
        const [x = 0, one = 0, two = 0] = line.slice(1).map(Number);
        // A line ends on its own box's edge: a pixel less does not touch it.
        const stroke = [x, Math.min(one, two) + 1, x, Math.max(one, two) - 1];
        t.ok(
          boxes.every((box) => apart(stroke, box)),
          `a line at ${x}`,
        );
      }
    },
  );
}
