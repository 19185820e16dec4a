/**
 * What keeps a lead that comes and goes from going on so. For a while after it took the lead, a node lets nobody have it
 * who is only preferred: a primary that would have it back, a peer that meets more reach targets. Each lead that
 * follows soon after others doubles that while. Who cannot serve, or is asked by the operator, lets go at once all the same.
 */
export interface HoldDown {
  /** Until when. */
  untilMs: number;
  /** The instants at which this node took the lead of late, without being asked to; the latest last. */
  leads: readonly number[];
}

interface Times {
  holdDownMs: number;
  holdDownMaxMs: number;
}

/** More would make no difference: after so many the hold-down has long been at its longest. */
const LEADS_KEPT = 32;

export const noHoldDown = (atMs: number): HoldDown => ({ untilMs: atMs, leads: [] });

/** A lead begins. */
export function holdDownFrom({ leads }: HoldDown, atMs: number, { holdDownMs, holdDownMaxMs }: Times): HoldDown {
  const recent = recentLeads(leads, atMs, holdDownMaxMs);
  const forMs = Math.min(holdDownMaxMs, holdDownMs * 2 ** recent.length);
  return { untilMs: atMs + forMs, leads: [...recent, atMs].slice(-LEADS_KEPT) };
}

/** How many leads count for the length of the next hold-down: those within twice the longest. */
export function recentLeads(leads: readonly number[], atMs: number, holdDownMaxMs: number): readonly number[] {
  return leads.filter((ledAtMs) => atMs - ledAtMs < 2 * holdDownMaxMs);
}
