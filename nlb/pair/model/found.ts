import type { Fault } from './fault.ts';
import type { History, Times } from './history.ts';

/** Histories in which a law was once broken, shrunk; they are played before all others. */
const brief: Times = { intervalMs: 10, leaseMs: 30, deadAfterMs: 40 };
const close: Times = { intervalMs: 10, leaseMs: 60, deadAfterMs: 61 };
const usual: Omit<History, 'faults'> = {
  seed: 0,
  partsPerMillion: [0, 0],
  primary: 0,
  times: [brief, brief],
  targets: [],
  recovery: ['manual', 'manual'],
  startGapMs: 0,
  lasting: [],
  lastingAfterMs: 0,
  stations: 2,
  calmMs: 100,
  sync: [],
  syncFaults: [],
};
const forEver = { afterMs: 0, forMs: Number.POSITIVE_INFINITY };
const mute: Fault = { type: 'disturb', path: 'both', loss: 1, delayMs: 0, twice: 0, ...forEver };

const found: Record<string, History> = {
  'a refusal is forged, and the host answers for itself while each question for the NLBS address is lost': {
    ...usual,
    faults: [
      { type: 'kill', side: 0, afterMs: 1, forMs: 1 },
      { type: 'stallInside', side: 0, afterEffects: 9, afterMs: 35, forMs: 1 },
      { type: 'disturb', path: 'both', loss: 0.5, delayMs: 30, twice: 0, afterMs: 2, forMs: 159 },
      { type: 'forgedRefusals', side: 1, afterMs: 3, forMs: 1 },
      { type: 'strayHolder', side: 0, afterMs: 153, forMs: 1 },
    ],
  },
  'a leader whose clocks stood still finds late that it is not heard': {
    ...usual,
    times: [close, close],
    stations: 0,
    faults: [
      { type: 'stopClocks', side: 0, afterMs: 0, forMs: 32 },
      { type: 'split', path: 'both', from: 0, afterMs: 0, forMs: 119 },
      { type: 'disturb', path: 'access', loss: 0.5, delayMs: 0, twice: 0, afterMs: 24, forMs: 16 },
    ],
    lasting: [{ type: 'serviceDead', side: 1, ...forEver }],
    lastingAfterMs: 300,
  },
  'a lease is left where nobody hears of it, and the node is suspended': {
    ...usual,
    faults: [
      { type: 'linkDown', side: 0, path: 'access', afterMs: 50, forMs: 30 },
      { type: 'keep', side: 1, keepMs: 100, afterMs: 29, forMs: 1 },
      { type: 'suspend', side: 1, afterMs: 0, forMs: 45 },
      { type: 'interfaceBare', side: 0, afterMs: 0, forMs: 1 },
    ],
    lasting: [{ type: 'split', path: 'server', from: 1, ...forEver }],
  },
  'two ask in the same moment, for the second time within a second, and hear no beat': {
    ...usual,
    primary: 1,
    faults: [
      { type: 'stallInside', side: 1, afterEffects: 3, afterMs: 0, forMs: 52 },
      { type: 'keep', side: 0, keepMs: 150, afterMs: 72, forMs: 1 },
      { type: 'keep', side: 0, keepMs: 100, afterMs: 23, forMs: 20 },
      { type: 'disturb', path: 'both', loss: 1, delayMs: 0, twice: 0.5, afterMs: 44, forMs: 414 },
      { type: 'linkDown', side: 1, path: 'access', afterMs: 335, forMs: 20 },
    ],
  },
  'a leader whose clocks stood still wakes to a network that loses every beat': {
    ...usual,
    startGapMs: 500,
    faults: [
      { type: 'stopClocks', side: 0, afterMs: 11, forMs: 40 },
      { type: 'disturb', path: 'both', loss: 1, delayMs: 0, twice: 0.5, afterMs: 40, forMs: 18 },
      { type: 'interfaceBare', side: 0, afterMs: 0, forMs: 1 },
    ],
  },
  'a standby stood still while its peer started anew, and cannot ask the witness': {
    ...usual,
    seed: 216_821_122,
    faults: [
      { type: 'pauseNode', side: 1, afterMs: 0, forMs: 299 },
      { type: 'stop', side: 0, afterMs: 0, forMs: 20 },
      { type: 'forgedRefusals', side: 0, afterMs: 0, forMs: 1 },
    ],
    lasting: [{ type: 'split', path: 'access', from: 0, ...forEver }],
    lastingAfterMs: 300,
  },
  'a target is lost in the moment in which the host refuses beats, and has yet to say that it is there': {
    ...usual,
    seed: 20,
    times: [{ intervalMs: 10, leaseMs: 21, deadAfterMs: 22 }, brief],
    targets: [1],
    faults: [
      { type: 'stop', side: 0, afterMs: 0, forMs: 20 },
      { type: 'disturb', path: 'access', loss: 0, delayMs: 150, twice: 0, afterMs: 0, forMs: 51 },
      { type: 'split', path: 'access', from: 0, afterMs: 77, forMs: 20 },
      { type: 'stallInside', side: 1, afterEffects: 1, afterMs: 4, forMs: 96 },
      { type: 'hangMain', side: 0, afterMs: 109, forMs: 20 },
      { type: 'targetDown', side: 1, afterMs: 1, forMs: 20 },
      { type: 'kill', side: 1, afterMs: 0, forMs: 20 },
    ],
  },
  'a node without a link takes itself for deaf, and nobody else leads when it is back': {
    ...usual,
    targets: [0],
    faults: [
      { type: 'keep', side: 0, keepMs: 100, afterMs: 35, forMs: 20 },
      { type: 'linkDown', side: 0, path: 'access', afterMs: 0, forMs: 172 },
      { type: 'linkDown', side: 0, path: 'server', afterMs: 0, forMs: 172 },
      { type: 'disturb', path: 'access', loss: 0.1, delayMs: 0, twice: 0, afterMs: 0, forMs: 29 },
    ],
    lasting: [
      { type: 'split', path: 'access', from: 1, ...forEver },
      { type: 'split', path: 'server', from: 1, ...forEver },
    ],
    lastingAfterMs: 300,
  },
  'a peer asks that had named a lease left to it, and names the usual one when it stands by': {
    ...usual,
    faults: [
      { type: 'stallInside', side: 0, afterEffects: 8, afterMs: 4, forMs: 28 },
      { type: 'disturb', path: 'access', loss: 0, delayMs: 0, twice: 0, afterMs: 30, forMs: 1 },
      { type: 'kill', side: 0, afterMs: 57, forMs: 1 },
      { type: 'freezeDaemon', side: 0, afterMs: 49, forMs: 474 },
      { type: 'keep', side: 1, keepMs: 592, afterMs: 0, forMs: 200 },
    ],
  },
  'a lease is left by a life that was not believed yet, by one that cannot be asked': {
    ...usual,
    primary: 'both',
    stations: 0,
    faults: [
      { type: 'stallInside', side: 0, afterEffects: 2, afterMs: 0, forMs: 183 },
      { type: 'keep', side: 1, keepMs: 100, afterMs: 0, forMs: 1 },
      { type: 'keep', side: 1, keepMs: 100, afterMs: 193, forMs: 65 },
      { type: 'linkDown', side: 1, path: 'access', afterMs: 0, forMs: 64 },
      { type: 'keep', side: 0, keepMs: 100, afterMs: 0, forMs: 1 },
    ],
  },
  'two that hear no beat ask again after both were out of operation, and somebody asks in the name of one': {
    ...usual,
    primary: 1,
    targets: [1],
    faults: [
      { type: 'forgedAsks', side: 0, afterMs: 0, forMs: 1 },
      { type: 'keep', side: 1, keepMs: 100, afterMs: 52, forMs: 5 },
      { type: 'targetDown', side: 1, afterMs: 66, forMs: 80 },
      { type: 'serviceDead', side: 0, afterMs: 0, forMs: 20 },
    ],
    lasting: [mute],
    lastingAfterMs: 300,
  },
  'one is held off by forged questions, and goes on asking for as long as the other waits for it': {
    ...usual,
    seed: 685_412_318,
    primary: 1,
    times: [close, close],
    faults: [
      { type: 'forgedAsks', side: 0, afterMs: 0, forMs: 1 },
      { type: 'linkDown', side: 1, path: 'server', afterMs: 44, forMs: 20 },
      { type: 'stopClocks', side: 0, afterMs: 32, forMs: 40 },
      { type: 'split', path: 'access', from: 0, afterMs: 0, forMs: 43 },
    ],
    lasting: [mute],
    lastingAfterMs: 300,
  },
  'who stalls between deciding to lead and its lease is asked meanwhile, by one that has been held off for long enough':
    {
      ...usual,
      times: [close, close],
      targets: [1],
      faults: [
        { type: 'kill', side: 0, afterMs: 105, forMs: 20 },
        { type: 'stallInside', side: 0, afterEffects: 1, afterMs: 107, forMs: 20 },
        { type: 'disturb', path: 'access', loss: 0, delayMs: 0, twice: 0, afterMs: 23, forMs: 20 },
        { type: 'suspend', side: 0, afterMs: 139, forMs: 31 },
        { type: 'forgedAsks', side: 1, afterMs: 9, forMs: 1 },
        { type: 'split', path: 'access', from: 1, afterMs: 55, forMs: 45 },
        { type: 'stallInside', side: 0, afterEffects: 5, afterMs: 131, forMs: 55 },
      ],
      lasting: [mute],
    },
};

/** As fast-check takes examples. */
export const foundHistories = (): [History][] => Object.values(found).map((history) => [history]);
