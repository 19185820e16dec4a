/** How long a stopping leader waits for its peer to lead, which counts in beats. */
export const takenOverWithinMs = (intervalMs: number): number => Math.max(300, 20 * intervalMs);
/** How long it then goes on forwarding: two announcements' time. */
export const FORWARD_ON_MS = 150;
