import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pcapngHeader, pcapngPacket } from '../capture/pcapng-writer.ts';
import type { FrameSeen, HistoryEvent } from '../history/event.ts';

/**
 * Writes the frames of each LAN to `<lan>.pcapng` in `folder`, for tcpdump and its kind: one interface for each port of the
 * switch, named node/leg, incoming what the node sent. Times are since the history began.
 * @returns the files' names
 */
export function writeCaptures(events: HistoryEvent[], folder: string): string[] {
  const frames = events.filter((event) => event.kind === 'frame');
  return Object.entries(Object.groupBy(frames, ({ lan }) => lan)).map(([lan, seen = []]) => {
    const file = `${lan}.pcapng`;
    writeFileSync(path.join(folder, file), toPcapng(seen));
    return file;
  });
}

const portOf = ({ node, leg }: FrameSeen): string => `${node}/${leg}`;

function toPcapng(frames: FrameSeen[]): Uint8Array {
  const ports = [...new Set(frames.map(portOf))].sort();
  const packets = frames.map((frame) =>
    pcapngPacket({
      interface: ports.indexOf(portOf(frame)),
      timeNs: BigInt(Math.max(0, Math.round(frame.atNs))),
      direction: frame.direction === 'sent' ? 'incoming' : 'outgoing',
      bytes: frame.bytes,
    }),
  );
  return Buffer.concat([pcapngHeader(ports), ...packets]);
}
