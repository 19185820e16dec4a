import type { HeldFlows } from '../datapath/held-flows.ts';
import type { Flow } from '../datapath/specification/flow.ts';
import type { Exception } from '../datapath/specification/knowledge.ts';

/** Exceptions that are written one after the other go to the data path together, in their order: a third of the time. */
export interface ExceptionWriter {
  /** At the end of this turn at the latest. @param exception undefined: the flow has none any more */
  write(flow: Flow, exception: Exception | undefined): void;
  /** Write what waits now. Throws what the data path throws. */
  flush(): void;
}

export function openExceptionWriter({ exceptions }: Pick<HeldFlows, 'exceptions'>): ExceptionWriter {
  let puts: [Flow, Exception][] = [];
  let drops: Flow[] = [];
  const flush = (): void => {
    const [put, dropped] = [puts, drops];
    [puts, drops] = [[], []];
    if (put.length > 0) exceptions.putAll(put);
    if (dropped.length > 0) exceptions.dropAll(dropped);
  };
  return {
    write: (flow, exception) => {
      if ((exception ? drops : puts).length > 0) flush();
      if (puts.length + drops.length === 0) queueMicrotask(flush);
      if (exception) puts.push([flow, exception]);
      else drops.push(flow);
    },
    flush,
  };
}
