/** The judgement of a server from a row of checks. */
export interface Verdict {
  healthy: boolean;
  /** Results in a row that speak against `healthy`. */
  contrary: number;
  /** Why it is not healthy. */
  why?: string;
  /** By what an earlier life of the daemon left; nothing has been checked yet. */
  inherited?: true;
}

export interface Thresholds {
  rise: number;
  fall: number;
}

/** The verdict on a server to which an earlier life sent connections: it stands until a check fails, and then falls at once. */
export function inheritedVerdict({ fall }: Thresholds): Verdict {
  return { healthy: true, contrary: fall - 1, inherited: true };
}

/**
 * The first result decides at once: at start there is nothing to be steady about. After that it takes `fall` failures in a
 * row to take a server out, and `rise` successes in a row to bring it back.
 */
export function judged(before: Verdict | undefined, failure: string | undefined, { rise, fall }: Thresholds): Verdict {
  const passed = failure === undefined;
  const contrary = before === undefined || before.healthy === passed ? 0 : before.contrary + 1;
  const turned = before === undefined || contrary >= (before.healthy ? fall : rise);
  const healthy = turned ? passed : before.healthy;
  const why = healthy ? undefined : (failure ?? before?.why);
  return { healthy, contrary: turned ? 0 : contrary, ...(why !== undefined && { why }) };
}
