/** What was found of one bound. */
export interface Judgement {
  words: string;
  verdict: 'met' | 'violated' | 'not measured';
  figure?: number;
  /** Where the figure comes from, or why there is none. */
  detail: string;
}

export function judged(words: string, figure: number, keeps: (figure: number) => boolean, detail: string): Judgement {
  return { words, verdict: keeps(figure) ? 'met' : 'violated', figure, detail };
}

export const notMeasured = (words: string, detail: string): Judgement => ({ words, verdict: 'not measured', detail });

export function judgementRow({ words, verdict, figure, detail }: Judgement): string {
  return `${verdict}: ${words}: ${figure === undefined ? '' : `${figure.toFixed(2)}, `}${detail}`;
}
