import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type DeclaredChecker,
  declaredCheckers,
  type Field,
  interfaceFields,
  type Source,
} from './declared-checkers.ts';
import { checkerFiles } from './load.ts';
import { flowsToFind, leastPartFound, POWER } from './power.ts';

/**
 * `node harness/check/index-page.ts` writes README.md anew from the line on that says so: which claims there are, by what options,
 * what each judges and what it would have noticed. What stands above that line is written by hand.
 */
export const PAGE = path.join(import.meta.dirname, 'README.md');
const GENERATED = '<!-- From here on: node harness/check/index-page.ts -->';

const FAMILIES: [prefix: string, title: string][] = [
  ['ADDR', 'Addresses'],
  ['ALIAS', 'Where addresses are placed'],
  ['ARP', 'Who answers and who announces'],
  ['ROUTE', 'Routes'],
  ['FWD', 'Forwarding'],
  ['BAL', 'Balancing'],
  ['HA', 'The pair'],
  ['VRRP', 'The firewall pair'],
  ['', 'Of no single requirement'],
];

export const readSources = (): Source[] =>
  checkerFiles().map((file) => ({
    file: path.relative(import.meta.dirname, file),
    text: readFileSync(file, 'utf8'),
  }));

/** The page with everything below the line made anew. */
export function indexPage(page: string, sources: readonly Source[]): string {
  const declared = declaredCheckers(sources);
  const own = declared.filter((each) => !isOfInvariant(each));
  const claims = own.filter(({ part, premise }) => !part && !premise);
  const sections = FAMILIES.map(([prefix, title]) =>
    section(
      title,
      claims.filter((each) => familyOf(each) === prefix),
    ),
  );
  return [
    page.split(GENERATED)[0]?.trimEnd() ?? '',
    GENERATED,
    section(
      'A part of the history',
      own.filter(({ part }) => part),
      'claim about it',
    ),
    section(
      'Premises',
      own.filter(({ premise }) => premise),
    ),
    ...sections,
    section('What the invariants ask', declared.filter(isOfInvariant)),
    typesTable(own, sources),
    powerTables(),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

const isOfInvariant = ({ file }: DeclaredChecker): boolean => file.startsWith('invariants/');

const familyOf = ({ doc }: DeclaredChecker): string => /^([A-Z]+)-\d/.exec(doc)?.[1] ?? '';

function section(title: string, checkers: readonly DeclaredChecker[], more?: string): string {
  const rows = checkers.map((each) =>
    row([nameCell(each), optionsText(each.options, more), each.doc, noticesText(each)]),
  );
  return [
    `### ${title}`,
    '',
    row(['claim', 'options', 'judges', 'would have noticed']),
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const row = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const nameCell = ({ name, file }: DeclaredChecker): string => `[\`${name}\`](${file})`;

const noticesText = ({ notices, part, premise }: DeclaredChecker): string => {
  if (premise) return 'nothing: it never fails';
  return part ? 'what the claim would have' : (notices ?? 'one single case');
};

/** What is text or a number goes without saying. */
const SAID = ['string', 'number'];

function optionsText(options: readonly Field[], more?: string): string {
  const given = options.filter(({ name }) => name !== '_');
  const fields = given.map(({ name, type, optional }) => {
    const what = `\`${name}${optional ? '?' : ''}\``;
    return SAID.includes(type) ? what : `${what}: ${type.replaceAll(/(?:readonly )?([\w']+(?:\[\])?)/g, '$1')}`;
  });
  return [...fields, ...(more ? [`*${more}*`] : [])].join(', ');
}

/** Of the types that options name, those that are made of others, with how a suite gets one. */
const FROM_SCENE: Record<string, string> = {
  Port: '`scene.port(node, leg)`',
  Path: '`scene.path(node)`',
  Service: '`scene.service(name)`',
  TextPattern: '`textLike(/^nlb1 silent/)`',
  ActFilter: '`{ what, node }` of `scene.act(what, node, …)`',
};

function typesTable(checkers: readonly DeclaredChecker[], sources: readonly Source[]): string {
  const named = checkers.flatMap(({ options, file }) =>
    options.flatMap(({ type }) => (type.match(/\b[A-Z]\w+/g) ?? []).map((name) => ({ name, file }))),
  );
  const rows = [...Map.groupBy(named, ({ name }) => name)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const cells = rows.flatMap(([name, [first]]) => {
    const source = sources.find(({ file }) => file === first?.file);
    const fields = source && interfaceFields(name, source, sources);
    return fields ? [row([`\`${name}\``, optionsText(fields), FROM_SCENE[name] ?? ''])] : [];
  });
  return [
    '### What options are made of',
    '',
    row(['type', 'fields', 'a suite has it from']),
    '|---|---|---|',
    ...cells,
  ].join('\n');
}

const COUNTS = [100, 200, 1400, 1500, 14_000];
const BIASES = [0.3, 0.1, 0.05];
const SERVERS = [2, 3, 10];
const SIGNIFICANCE = 1e-6;

/** What so many tell, by power.ts. */
function powerTables(): string {
  const percent = `${POWER * 100} %`;
  const number = (value: number) => value.toLocaleString('en');
  const losses = COUNTS.map((count) =>
    row([number(count), `one in ${number(Number((1 / leastPartFound(count)).toPrecision(3)))}`]),
  );
  const shares = SERVERS.map((servers) => {
    const equal = Array.from({ length: servers }, () => 1 / servers);
    return row([`${servers}`, ...BIASES.map((bias) => number(flowsToFind(bias, equal, SIGNIFICANCE)))]);
  });
  return [
    '### How many it takes',
    '',
    `Of so many, all well, a loss that would have shown with ${percent} probability:`,
    '',
    row(['seen', 'loss']),
    '|---:|---:|',
    ...losses,
    '',
    `Flows that show, with ${percent} probability at a significance of 10⁻⁶, a share of equal ones that is so much off:`,
    '',
    row(['servers', ...BIASES.map((bias) => `${bias * 100} %`)]),
    `|${'---:|'.repeat(BIASES.length + 1)}`,
    ...shares,
  ].join('\n');
}

if (import.meta.main) writeFileSync(PAGE, indexPage(readFileSync(PAGE, 'utf8'), readSources()));
