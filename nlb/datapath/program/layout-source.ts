/** From the type information (BTF) of the compiled data path, as `bpftool btf dump -j` prints it, to layout.ts. */

interface BtfType {
  id: number;
  kind: string;
  name: string;
  size?: number;
  values?: { name: string; val: number }[];
  members?: { name: string; type_id: number; bits_offset: number }[];
}

const HEAD = `/** Generated from the type information of datapath.bpf.o by \`node nlb/datapath/program/build.ts\`. Do not edit. */\n`;
/** Longer ones are formatted in another way. */
const LINE_LENGTH = 120;
/** The enums and structs that user space needs, by their names in C. */
const CONSTANTS = ['layout', 'interface_roles', 'server_flags', 'service_flags', 'connection_state', 'held_by'];
const STRUCTS = [
  ...[
    'settings',
    'flow_region',
    'beat_path',
    'datapath_interface',
    'lease',
    'allowance',
    'server',
    'cluster_address',
    'service_key',
    'service',
    'selection',
  ],
  ...[
    'binding',
    'flow_identity',
    'flow_row',
    'flow_group',
    'affinity_key',
    'affinity',
    'fragment_key',
    'fragment',
    'counter',
    'tally',
  ],
  ...['table_count', 'entering'],
  ...['flow', 'exception', 'exception_filter', 'held_frame'],
];

/** The text of layout.ts. Throws where the object lacks a type that user space needs. */
export function layoutSource(btfJson: string): string {
  const { types } = JSON.parse(btfJson) as { types: BtfType[] };
  const find = (kind: string, name: string): BtfType => {
    const found = types.find((type) => type.kind === kind && type.name === name);
    if (!found) throw new Error(`The object's type information has no ${kind} ${name}`);
    return found;
  };
  const constants = CONSTANTS.flatMap((name) => find('ENUM', name).values ?? []);
  return [
    HEAD,
    object(
      'CONSTANTS',
      constants.map(({ name, val }) => `${name}: ${val},`),
    ),
    '/** In the order of their numbers. */',
    outcomeNames(find('ENUM', 'outcome')),
    'export type OutcomeName = (typeof OUTCOMES)[number];\n',
    '/** Octets of each struct (`size`), and the offset of each member. */',
    object(
      'STRUCTS',
      STRUCTS.map((name) => structOffsets(find('STRUCT', name))),
    ),
  ].join('\n');
}

function object(name: string, lines: string[]): string {
  return `export const ${name} = {\n${lines.map((line) => `  ${line}\n`).join('')}} as const;\n`;
}

/** The last enumerator is their count. */
function outcomeNames({ values = [] }: BtfType): string {
  const sorted = values.toSorted((a, b) => a.val - b.val).slice(0, -1);
  return `export const OUTCOMES = [\n${sorted.map(({ name }) => `  '${name}',\n`).join('')}] as const;`;
}

function structOffsets({ name, size = 0, members = [] }: BtfType): string {
  const used = members.filter((member) => !member.name.startsWith('zero'));
  const offsets = used.map((member) => `${camel(member.name)}: ${member.bits_offset / 8}`);
  const pairs = [`size: ${size}`, ...offsets];
  const line = `${camel(name)}: { ${pairs.join(', ')} },`;
  return line.length <= LINE_LENGTH - 2
    ? line
    : `${camel(name)}: {\n${pairs.map((pair) => `    ${pair},\n`).join('')}  },`;
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
