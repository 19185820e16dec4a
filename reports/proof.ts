/** What a test says that it proves: a requirement as a whole, or one aspect of it. */
export interface Proof {
  /** `HA-12` */
  id: string;
  /** `stale key`; absent for a requirement that has no aspects. */
  aspect?: string;
}

/** Reads `HA-12 stale key`: the requirement's id, and after a space the name of the aspect. */
export function readProof(text: string): Proof {
  const [id = '', ...aspect] = text.split(' ');
  return aspect.length === 0 ? { id } : { id, aspect: aspect.join(' ') };
}

/** Whether one of the proofs is about that requirement, or an aspect of it. */
export const isAbout = (proofs: readonly string[], requirement: string): boolean =>
  proofs.some((proof) => readProof(proof).id === requirement);

/** The requirements that are named, each once. */
export const requirementsIn = (proofs: readonly string[]): string[] => [
  ...new Set(proofs.map((proof) => readProof(proof).id)),
];

/** `HA-12 forged, replayed; HA-1`: each requirement once, with what is proved of it. */
export function proofsText(proofs: readonly string[]): string {
  const byId = Map.groupBy(proofs.map(readProof), ({ id }) => id);
  return [...byId]
    .map(([id, several]) => `${id} ${several.flatMap(({ aspect = [] }) => aspect).join(', ')}`.trim())
    .join('; ');
}
