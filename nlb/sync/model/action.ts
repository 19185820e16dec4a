/** What a history is made of; `pick` chooses among whatever there is. */
export type Action =
  | { do: 'talk' | 'slow' | 'last' | 'again'; flow: number; isToOld: boolean }
  | { do: 'program'; pick: number }
  | { do: 'deliver' | 'lose' | 'twice'; pick: number }
  | { do: 'frame' | 'walk' | 'review' | 'look' | 'notice' | 'noticeOther' | 'kill' | 'powerLoss' | 'handover' }
  | { do: 'takeover' | 'return' | 'restart' | 'restartStandby' }
  | { do: 'wish'; slot: number; server: number }
  | { do: 'die' | 'revive'; server: number }
  | { do: 'wait'; ms: number };

/** Actions as a line of text: `talk 0, program, wish 0 1, wait 10`. What is not said is 0; `old` sends to the old active. */
export const actionsOf = (text: string): Action[] => text.split(', ').map(actionOf);

function actionOf(text: string): Action {
  const [name = '', ...args] = text.split(' ');
  const [first, second] = args.map(Number);
  const what = name as Action['do'];
  switch (what) {
    case 'talk':
    case 'slow':
    case 'last':
    case 'again':
      return { do: what, flow: first ?? 0, isToOld: args.includes('old') };
    case 'program':
      return { do: what, pick: first ?? 0 };
    case 'deliver':
    case 'lose':
    case 'twice':
      return { do: what, pick: first ?? 0 };
    case 'wish':
      return { do: what, slot: first ?? 0, server: second ?? 0 };
    case 'die':
    case 'revive':
      return { do: what, server: first ?? 0 };
    case 'wait':
      return { do: what, ms: first ?? 0 };
    default:
      return { do: what };
  }
}

/** The other way round. */
export function textOf(action: Action): string {
  const { do: what, ...args } = action;
  const said = Object.values(args).map((arg) => (typeof arg === 'boolean' ? (arg ? 'old' : '') : String(arg)));
  return [what, ...said]
    .filter((word) => word !== '')
    .join(' ')
    .replace(/^(program|deliver|lose|twice) 0$/, '$1');
}
