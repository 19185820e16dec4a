import { callKernel } from './libc.ts';
import { bindToSend, openPacketSocket, PACKET_OPTION, setPacketOption } from './packet-socket.ts';

export interface PacketSender {
  /** Send one whole frame, from the destination hardware address on. @throws SyscallError */
  send(frame: Uint8Array): void;
  close(): void;
}

/**
 * Send raw frames out of one interface of the calling thread's network namespace. The namespace is that of this moment:
 * the sender goes on working when the thread has gone elsewhere.
 *
 * @param options.uncaptured past the device's queue, and so past whoever captures on it (PACKET_QDISC_BYPASS)
 * @throws SyscallError when there is no such interface, or without CAP_NET_RAW
 */
export function openSender(interfaceIndex: number, { uncaptured = false } = {}): PacketSender {
  const fd = openPacketSocket();
  try {
    bindToSend(fd, interfaceIndex);
    if (uncaptured) setPacketOption(fd, PACKET_OPTION.bypass, 1);
  } catch (refusal) {
    callKernel('close', 'a packet socket', fd);
    throw refusal;
  }
  return {
    send: (frame) => {
      callKernel('send', `a frame of ${frame.length} bytes to interface ${interfaceIndex}`, fd, frame, frame.length, 0);
    },
    close: () => {
      callKernel('close', 'a packet socket', fd);
    },
  };
}
