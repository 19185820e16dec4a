import { type Active, type ActiveOptions, openActive } from '../active.ts';
import type { Effect } from '../effects.ts';
import { decideFirst } from '../first-packet.ts';
import { openReceiver, type Receiver } from '../receiver.ts';
import type { FromActive, LogRecord } from '../records.ts';
import { sound } from './machine.ts';
import type { Machine } from './surroundings.ts';

/** Ways to make a machine wrong. */

/** What is different about one engine: what comes of its effects, and calls that are made of others. */
export interface Alteration {
  effects?(effect: Effect, engine: () => Active): Effect[];
  calls?(engine: Active): Partial<Active>;
  logged?(record: LogRecord): void;
}

export const altered = (alter: (options: ActiveOptions) => Alteration): Machine => ({
  ...sound,
  openActive: (options) => {
    const { effects = (effect: Effect) => [effect], calls, logged } = alter(options);
    const opened: { engine?: Active } = {};
    const engine = (): Active => {
      if (opened.engine) return opened.engine;
      throw new Error('the engine is not open yet');
    };
    const emit = (effect: Effect): void => {
      for (const each of effects(effect, engine)) options.emit(each);
    };
    const made = openActive({
      ...options,
      emit,
      logged: (record, number) => {
        logged?.(record);
        options.logged?.(record, number);
      },
    });
    opened.engine = { ...made, ...calls?.(made) };
    return opened.engine;
  },
});

/** A standby that is told something else than what was sent. */
export const withReceived = (change: (datagram: FromActive, receiver: Receiver) => FromActive): Machine => ({
  ...sound,
  openReceiver: (...args) => {
    const receiver = openReceiver(...args);
    return { ...receiver, receive: (datagram) => receiver.receive(change(datagram, receiver)) };
  },
});

type Decide = typeof decideFirst;

export const withSeen = (change: (...args: Parameters<Decide>) => Parameters<Decide>[0]): Machine => ({
  ...sound,
  decideFirst: (seen, isGone) => decideFirst(change(seen, isGone), isGone),
});
