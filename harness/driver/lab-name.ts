const PATTERN = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Why `name` cannot name a lab, or undefined when it can. */
export function badLabName(name: string): string | undefined {
  if (PATTERN.test(name)) return undefined;
  return `"${name}" cannot name a lab: use 1 to 32 of a-z, 0-9 and -, beginning with a letter or digit`;
}
