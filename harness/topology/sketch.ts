import { z } from 'zod';
import { type EntryReader, entryReader } from './entry.ts';
import type { Report } from './problem.ts';

/**
 * The shape of a topology file: what is there, of which type. Whether names, numbers and addresses are right is for the rules,
 * so that one wrong number hides nothing else. An entry whose shape is wrong is `undefined` here: it is known to
 * exist and has been reported, so that rules neither use it nor complain that it is missing.
 */
export interface Sketch {
  name: string;
  segments: Map<string, SegmentSketch | undefined>;
  cluster: ClusterSketch | undefined;
  services: (ServiceSketch | undefined)[];
  nlbs: z.infer<typeof nlbsShape> | undefined;
  vrrp: (VrrpSketch | undefined)[];
  nodes: Map<string, NodeSketch | undefined>;
}

export type SegmentSketch = z.infer<typeof segmentShape>;
export type ServiceSketch = z.infer<typeof serviceShape>;
export type VrrpSketch = z.infer<typeof vrrpShape>;
export type NodeSketch = z.infer<typeof nodeShape>;
export type RouteSketch = z.infer<typeof routeShape>;
type ClusterSketch = { addresses: string[] };

const segmentShape = z.strictObject({ subnet: z.string(), lan: z.string().optional() });
const clusterShape = z.strictObject({ addresses: z.array(z.string()), services: z.array(z.unknown()) });
const serviceShape = z.strictObject({ name: z.string(), protocol: z.enum(['tcp', 'udp']), port: z.number() });
const nlbsShape = z.strictObject({ segment: z.string(), address: z.string() });
const vrrpShape = z.strictObject({ segment: z.string(), address: z.string(), id: z.number() });
const routeShape = z.strictObject({ to: z.string(), via: z.string() });

const everyNode = {
  legs: z.record(z.string(), z.string()),
  routes: z.array(routeShape).default([]),
  loopback: z.array(z.string()).default([]),
};

const nodeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['client', 'server']), count: z.number().optional(), ...everyNode }),
  z.strictObject({ kind: z.literal('router'), ...everyNode }),
  z.strictObject({ kind: z.literal('firewall'), priority: z.number().optional(), ...everyNode }),
  z.strictObject({ kind: z.literal('nlb'), primary: z.boolean().optional(), ...everyNode }),
]);

const topologyShape = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  segments: z.record(z.string(), z.unknown()),
  cluster: z.unknown(),
  nlbs: z.unknown(),
  vrrp: z.array(z.unknown()).default([]),
  nodes: z.record(z.string(), z.unknown()),
});

/** The shape of a topology. Undefined where not even its outline is there. */
export function readSketch(value: unknown, report: Report): Sketch | undefined {
  const read = entryReader(report);
  const outline = read(topologyShape, value, []);
  if (!outline) return undefined;
  const cluster = read(clusterShape, outline.cluster, ['cluster']);
  return {
    name: outline.name,
    segments: readEach(read, segmentShape, outline.segments, 'segments'),
    cluster: cluster && { addresses: cluster.addresses },
    services: (cluster?.services ?? []).map((s, index) => read(serviceShape, s, ['cluster', 'services', index])),
    nlbs: read(nlbsShape, outline.nlbs, ['nlbs']),
    vrrp: outline.vrrp.map((v, index) => read(vrrpShape, v, ['vrrp', index])),
    nodes: readEach(read, nodeShape, outline.nodes, 'nodes'),
  };
}

function readEach<T>(read: EntryReader, shape: z.ZodType<T>, values: Record<string, unknown>, under: string) {
  return new Map(Object.entries(values).map(([name, value]) => [name, read(shape, value, [under, name])]));
}
