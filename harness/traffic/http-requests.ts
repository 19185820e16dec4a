import { httpRequest } from './http-request.ts';
import type { HttpRequests } from './message.ts';
import { type Listener, nowNs, type Operation, unpaced } from './operation.ts';

/** Make the requests, so many at a time, and be over. */
export function startHttpRequests(id: string, options: HttpRequests, listener: Listener): Operation {
  const startedNs = nowNs();
  let begun = 0;
  let stopped = false;
  const worker = async () => {
    while (begun < options.count && !stopped) {
      const name = `${id}.${begun}`;
      begun += 1;
      listener.probe(await httpRequest(options.target, options.timeoutMs, name));
    }
  };
  listener.opened();
  const workers = Array.from({ length: options.concurrency }, worker);
  Promise.all(workers).then(() => {
    const times = { startedNs: String(startedNs), endedNs: String(nowNs()) };
    listener.ended({ ...times, ...unpaced(begun), late: 0, duplicate: 0 });
  });
  return {
    stop: () => {
      stopped = true;
    },
  };
}
