/**
 * The words of exported names. Each is plain English, or a standard term of programming, Linux and the RFCs (plain-words.txt), or
 * stands in the glossary of README.md with what an engineer of another team would call it.
 */

/** A word that another one replaces: a reader of another team would not guess what it meant. */
const RETIRED: Readonly<Record<string, string>> = {
  anticipate: 'prefetch',
  bond: 'binding',
  bonds: 'bindings',
  cast: 'parts or endpoints',
  cell: 'cost sample',
  cells: 'cost samples',
  claim: 'request, conflict or inherited: what it is there',
  clusters: 'cluster addresses',
  embryo: 'half open',
  embryos: 'half open',
  ends: 'address pair',
  assembleRig: 'create',
  greet: 'challenge reply',
  heed: 'receive',
  judge: 'verify',
  outdone: 'onlyPeerServes',
  outreached: 'peerReachesMore',
  pace: 'timing',
  patience: 'timeout',
  place: 'directory; of a flow: select server',
  refusal: 'syscall error, or rejection',
  rivalled: 'peerLeadsOn',
  said: 'published',
  situation: 'workload',
  situations: 'workloads',
  steadfast: 'what is promised',
  story: 'timeline or scenario',
  stranger: 'unverified boot',
  strangers: 'unverified boots',
  sweep: 'expire',
  sweeps: 'expires',
  swept: 'expired',
  telling: 'publisher',
  told: 'notified, configured or verdict text: what it is there',
  twin: 'kernel program',
  way: 'forwarding path',
  ways: 'forwarding paths',
  whole: 'unfragmented',
};

/** Names that a module exports by a declaration. */
export function exportedNames(source: string): string[] {
  const declaration = /^export (?:async )?(?:const|class|enum|function\*?|interface|type) (\w+)/gm;
  return [...source.matchAll(declaration)].map(([, name = '']) => name);
}

/** `openNlbsAddress` → open, nlbs, address. Numbers are no words. */
export function wordsOf(name: string): string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return words.map((word) => word.toLowerCase());
}

/** The terms of the table below `## Glossary`, as single words. */
export function glossaryWords(readme: string): string[] {
  const section = readme.split('\n## Glossary\n')[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).flatMap((row) => (row.split('|')[1] ?? '').toLowerCase().match(/[a-z]+/g) ?? []);
}

/** What is wrong with the words of a name: a sentence for each. */
export function problemsIn(name: string, known: ReadonlySet<string>): string[] {
  return wordsOf(name).flatMap((word) => {
    const better = RETIRED[word];
    if (better !== undefined) return [`${name}: instead of "${word}" say ${better}`];
    return known.has(word) ? [] : [`${name}: "${word}" is in neither the glossary nor harness/plain-words.txt`];
  });
}
