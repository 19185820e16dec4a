/**
 * Text from a run (frames, logs, names) may hold anything. These make it safe to stand in a report: it is shown, and
 * neither obeyed by a terminal nor taken for markup.
 */

/**
 * Control characters as the pictures that Unicode has for them (`␛` for escape), so that no terminal obeys them and XML
 * can hold them; line breaks and tabs stay. Unpaired surrogates and what is no character become U+FFFD.
 */
export function visible(text: string): string {
  return [...text.toWellFormed().replaceAll('\r\n', '\n')].map(visibleCharacter).join('');
}

function visibleCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\n' || character === '\t') return character;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  // C1 controls, the marks that reverse the direction of text, and the two that no XML document may hold.
  const reversesText = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  if ((code >= 0x80 && code < 0xa0) || reversesText || code === 0xfffe || code === 0xffff) return '\ufffd';
  return character;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For the text and the quoted attributes of HTML and XML. */
export function markup(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** For a quoted attribute of XML, whose line breaks a parser would otherwise turn into spaces. */
export function attribute(text: string): string {
  return markup(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
}

/** For a line or a table's cell of Markdown (GitHub's): one line, in which no character means anything. */
export function markdown(text: string): string {
  const line = visible(text)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ');
  return line.replaceAll(/[\\`*_[\]<>|~&]|^[#+-]/g, '\\$&');
}

/** A block of code in Markdown, with a fence that is longer than any within. */
export function fenced(text: string): string {
  const shown = visible(text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
}
