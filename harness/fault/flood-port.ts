import { constants, setPriority } from 'node:os';
import { openSender } from '../capture/packet-sender.ts';
import { deviceIndex } from '../driver/device.ts';

/**
 * `node flood-port.ts DEVICE FRAMES_PER_SECOND SECONDS HEX…`: sends the frames by turns out of a device of its network namespace,
 * past whoever captures there: a record of each would take more than the flood does. Says how many it has sent.
 */
const [device = '', perSecond = '0', seconds = '0', ...hex] = process.argv.slice(2);
const frames = hex.map((each) => Buffer.from(each, 'hex'));
const [rate, count] = [Number(perSecond), Number(perSecond) * Number(seconds)];
// Behind everything else: labs share the processors, and those beside this one have their own bounds.
setPriority(constants.priority.PRIORITY_LOW);
const sender = openSender(deviceIndex(device), { uncaptured: true });
const began = performance.now();
let sent = 0;

/** What is due is sent, but no more at once than a few milliseconds' worth: who was held up does not catch up. */
const MOST_AT_ONCE = 400;

function go(): void {
  const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * rate));
  for (let most = Math.min(due - sent, MOST_AT_ONCE); most > 0; most--)
    sender.send(frames[sent++ % frames.length] ?? Buffer.alloc(0));
  if (sent < count && performance.now() - began < Number(seconds) * 1500) setTimeout(go, 1);
  else console.log(sent);
}
go();
