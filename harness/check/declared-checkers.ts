/**
 * What the source says of its checkers: name, docstring, options. Read from the text, which the formatter keeps in one form: a
 * docstring, then `export const noneLost = checker(function noneLost(options: …) {`.
 */
export interface DeclaredChecker {
  name: string;
  /** Of the function that judges; the same, by a test of ours. */
  functionName: string;
  file: string;
  /** Whether it holds another claim to a part of the history. */
  part: boolean;
  /** One paragraph. */
  doc: string;
  /** What it would have noticed, of its `@notices`. */
  notices?: string;
  options: Field[];
  /** Whether it never fails: what it asks is done by a test, and not by the system. */
  premise: boolean;
}

export interface Field {
  name: string;
  type: string;
  optional: boolean;
}

export interface Source {
  file: string;
  text: string;
}

const DECLARATION =
  /(?:^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?^(?:export )?const (\w+) = (checker|partChecker)\(function (\w*)\(/gm;

export function declaredCheckers(sources: readonly Source[]): DeclaredChecker[] {
  return sources.flatMap((source) =>
    [...source.text.matchAll(DECLARATION)].map((match) => {
      const [whole, comment = '', name = '', kind, functionName = ''] = match;
      const rest = source.text.slice(match.index + whole.length);
      return {
        name,
        functionName,
        file: source.file,
        part: kind === 'partChecker',
        ...docOf(comment),
        options: optionsOf(rest, source, sources),
      };
    }),
  );
}

/** A docstring in one line; what `@param` says of an option goes on from it. */
function docOf(comment: string): Pick<DeclaredChecker, 'doc' | 'notices' | 'premise'> {
  const text = comment
    .replaceAll(/^ *\* ?/gm, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
  const [doc = '', ...tags] = text.split(/ ?@(?=param |notices |premise)/).map((part) => part.trim());
  const params = tags.filter((tag) => tag.startsWith('param '));
  const notices = tags.find((tag) => tag.startsWith('notices '))?.replace('notices ', '');
  return {
    doc: [doc, ...params.map((tag) => tag.replace(/^param (?:options\.)?(\w+)/, '`$1`:'))].join(' '),
    premise: tags.includes('premise'),
    ...(notices !== undefined && { notices }),
  };
}

/** The fields of the first parameter, whose declaration the text begins with. */
function optionsOf(text: string, source: Source, sources: readonly Source[]): Field[] {
  const [first = ''] = splitTop(text.slice(0, closing(text)), ',');
  const [name = '', ...type] = first.trim().split(':');
  const typeText = type.join(':').trim();
  const fields = fieldsOf(typeText, source, sources);
  return fields ?? [{ name: name.trim(), type: typeText, optional: false }];
}

/** Where the bracket closes that was opened just before the text. */
function closing(text: string): number {
  let depth = 1;
  for (const [index, letter] of [...text].entries()) {
    if ('([{<'.includes(letter)) depth++;
    if (')]}'.includes(letter) || (letter === '>' && text[index - 1] !== '=')) depth--;
    if (depth === 0) return index;
  }
  return text.length;
}

/** Splits where the separator is in no bracket. */
function splitTop(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [index, letter] of [...text].entries()) {
    if ('([{<'.includes(letter)) depth++;
    if (')]}'.includes(letter) || (letter === '>' && text[index - 1] !== '=')) depth--;
    if (letter === separator && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${letter}`);
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The fields of an object type, as far as names lead to interfaces; undefined for what is no object. */
function fieldsOf(type: string, source: Source, sources: readonly Source[]): Field[] | undefined {
  const parts = splitTop(type, '&').map((part) => fieldsOfPart(part, source, sources));
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function fieldsOfPart(type: string, source: Source, sources: readonly Source[]): Field[] | undefined {
  if (type.startsWith('{')) return splitTop(withoutComments(type.slice(1, -1)), ';').map(fieldOf);
  const [, utility, inner = ''] = /^(Omit|Partial)<(.*)>$/.exec(type) ?? [];
  if (utility) {
    const [of = '', names = ''] = splitTop(inner, ',');
    const fields = fieldsOf(of, source, sources) ?? [];
    if (utility === 'Partial') return fields.map((field) => ({ ...field, optional: true }));
    return fields.filter(({ name }) => !names.includes(`'${name}'`));
  }
  return interfaceFields(type, source, sources);
}

export function interfaceFields(name: string, source: Source, sources: readonly Source[]): Field[] | undefined {
  if (!/^\w+$/.test(name)) return undefined;
  const declaration = new RegExp(`^(?:export )?interface ${name}(?: extends ([\\w, ]+))? \\{\\n([\\s\\S]*?)^\\}`, 'm');
  const imported = sources.filter(({ text }) => text.includes(`export interface ${name} `));
  for (const each of [source, ...imported]) {
    const [whole, bases = '', body = ''] = declaration.exec(each.text) ?? [];
    if (whole === undefined) continue;
    const inherited = splitTop(bases, ',').flatMap((base) => interfaceFields(base, each, sources) ?? []);
    return [...inherited, ...splitTop(withoutComments(body), ';').map(fieldOf)];
  }
  return undefined;
}

const withoutComments = (text: string): string => text.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');

function fieldOf(text: string): Field {
  const [, name = text, mark, type = ''] = /^(\w+)(\?)?:\s*([\s\S]*)$/.exec(text) ?? [];
  return { name, type: type.replaceAll(/\s+/g, ' '), optional: mark === '?' };
}
