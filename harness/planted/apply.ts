import { BadPlantedBug, type Edit, fileOf, type PlantedBug } from './bug.ts';

/**
 * The files that a planted bug changes, as they are with it.
 * @param read text of a file of the project; undefined where there is no such file
 * @throws BadPlantedBug where an edit does not apply exactly once
 */
export function changedFiles(
  { name, edits }: PlantedBug,
  read: (file: string) => string | undefined,
): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [index, edit] of edits.entries()) {
    const text = changed.get(edit.file) ?? read(edit.file);
    const problem = whyNotApplied(edit, text);
    if (text === undefined || problem !== undefined)
      throw new BadPlantedBug(
        `${fileOf(name)}, edit ${index + 1}: ${problem}. Write the edit anew for the code as it is now, or remove the planted bug.`,
      );
    // A function, because a text would have its $& and $1 expanded.
    changed.set(
      edit.file,
      text.replace(edit.replace, () => edit.with),
    );
  }
  return changed;
}

function whyNotApplied({ file, replace, with: replacement }: Edit, text: string | undefined): string | undefined {
  if (text === undefined) return `there is no ${file}`;
  const times = text.split(replace).length - 1;
  const [line = ''] = replace.trim().split('\n');
  if (times !== 1) return `what it replaces occurs ${times} times in ${file}, not once: "${line}"`;
  return replace === replacement ? `it changes nothing in ${file}: "${line}"` : undefined;
}

/** Whether the eBPF objects must be built anew. */
export const changesProgram = ({ edits }: PlantedBug): boolean =>
  edits.some(({ file }) => file.startsWith('nlb/datapath/program/') && /\.[ch]$/.test(file));
