import { peerCouldLead } from './election.ts';
import { bothTakePart, notInStep, servesNobody } from './in-step.ts';
import type { Settings } from './settings.ts';
import { type Completing, enter, type In, type Step, standBy, stay } from './state.ts';

/**
 * How an active lets go as planned. Where both take part in sync, it completes the log first: then no packet is held, and
 * nothing is said that the standby has not acknowledged. It goes on leading meanwhile.
 *
 *           asked, failback, better there, stopping                log completed, or forced and time over
 *   active ─────────────────────────────────────────► completing ──────────────────────────────────────────► standby, or inop
 *     ▲                                                  │
 *     └── the log cannot be completed, time over, or the peer could no longer lead (what stops is then inop)
 */
export interface Handover {
  reason: string;
  /** Whatever becomes of connections. */
  isForced?: boolean;
  /** The operator wants it so: this node does not ask for failback. */
  setsAside?: boolean;
}

export function letGo(role: In<'active'>, handover: Handover, atMs: number, settings: Settings): Step {
  if (!bothTakePart(role, settings)) return resign(role, handover, atMs, settings);
  const { completing, whyKept: _, ...state } = role.state;
  const { isForced = false, setsAside = false, reason } = handover;
  const merged: Completing = {
    untilMs: completing?.untilMs ?? atMs + settings.completeMs,
    reason: completing?.reason ?? reason,
    isForced: isForced || completing?.isForced === true,
    setsAside: setsAside || completing?.setsAside === true,
  };
  return stay({ ...role, state: { ...state, completing: merged } }, completing ? [] : ['completeLog']);
}

/** The log is complete, or cannot be. An answer that comes late is for nobody. */
export function logCompleted(role: In<'active'>, isInStep: boolean, atMs: number, settings: Settings): Step {
  const { completing } = role.state;
  if (completing === undefined) return stay(role);
  if (!isInStep && !goesAnyway(role, completing))
    return keep(role, notInStep(settings.peer, 'standby'), atMs, settings);
  return couldTakeOver(role, atMs, settings)
    ? resign(role, completing, atMs, settings)
    : keep(role, whyNoSuccessor(settings), atMs, settings);
}

/** To be looked at with each tick. */
export function goOnCompleting(role: In<'active'>, completing: Completing, atMs: number, settings: Settings): Step {
  if (!couldTakeOver(role, atMs, settings)) return keep(role, whyNoSuccessor(settings), atMs, settings);
  if (atMs < completing.untilMs) return stay(role);
  if (goesAnyway(role, completing)) return resign(role, completing, atMs, settings);
  const why = `${settings.peer} did not acknowledge all within ${settings.completeMs} ms: nothing was handed over`;
  return keep(role, why, atMs, settings);
}

const goesAnyway = ({ facts }: In<'active'>, { isForced }: Completing): boolean => isForced || servesNobody(facts);

/** Whether this node, which stops, completes its log first: as long as there is a peer to lead then. */
export function isStoppingLater(role: In<'active'>, atMs: number, settings: Settings): boolean {
  return bothTakePart(role, settings) && couldTakeOver(role, atMs, settings);
}

/** That this node stops, and so is fit for nothing, makes its peer no fitter. */
const couldTakeOver = (role: In<'active'>, atMs: number, settings: Settings): boolean =>
  peerCouldLead({ ...role, stopping: false }, atMs, settings);

export const whyNoSuccessor = ({ peer }: Settings): string => `${peer} is not there to take over, or could not serve`;

/** What nobody needs is not tried again at once. */
function keep({ holdDown, ...role }: In<'active'>, whyKept: string, atMs: number, { holdDownMs }: Settings): Step {
  const { completing: _, ...state } = role.state;
  const untilMs = Math.max(holdDown.untilMs, atMs + holdDownMs);
  return stay({ ...role, holdDown: { ...holdDown, untilMs }, state: { ...state, whyKept } }, ['keepLog']);
}

function resign(role: In<'active'>, { reason, setsAside }: Handover, atMs: number, { letGoMs }: Settings): Step {
  if (role.stopping) return enter(role, { name: 'inop' }, 'stopping', atMs);
  const leaving = setsAside ? { ...role, setAside: true } : role;
  return enter(leaving, standBy(atMs + letGoMs), reason, atMs);
}
