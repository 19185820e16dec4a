import { ethtool } from './device.ts';

/** Commands of the ethtool ioctl, and the number of the set of strings that names the features (linux/ethtool.h). */
const [GSSET_INFO, GSTRINGS, SFEATURES] = [0x37, 0x1b, 0x3b];
const SET_OF_FEATURES = 4;
const NAME_BYTES = 32;
const BLOCK_BITS = 32;

/** By their places, which differ from kernel to kernel. */
function featureNames(device: string): string[] {
  const info = Buffer.alloc(20);
  info.writeUInt32LE(GSSET_INFO, 0);
  info.writeBigUInt64LE(1n << BigInt(SET_OF_FEATURES), 8);
  ethtool(device, info, 'count its features');
  const count = info.readUInt32LE(16);
  const strings = Buffer.alloc(12 + count * NAME_BYTES);
  strings.writeUInt32LE(GSTRINGS, 0);
  strings.writeUInt32LE(SET_OF_FEATURES, 4);
  strings.writeUInt32LE(count, 8);
  ethtool(device, strings, 'name its features');
  return Array.from({ length: count }, (_, place) => {
    const at = 12 + place * NAME_BYTES;
    return strings.toString('latin1', at, at + NAME_BYTES).replace(/\0.*$/s, '');
  });
}

let known: string[] | undefined;

/** What keeps a VLAN's tag beside the frame instead of in it. */
const TAG_FEATURES = ['tx-vlan-hw-insert', 'tx-vlan-stag-hw-insert'];

/**
 * From now on frames leave `device`, of the calling thread's network namespace, with their VLAN tags in them, as on a wire. A
 * veth otherwise hands the tag over beside the frame, where XDP does not see it.
 * @throws when the kernel refuses, with the device and the errno.
 */
export function sendTagsInFrames(device: string): void {
  known ??= featureNames(device);
  const places = TAG_FEATURES.map((name) => known?.indexOf(name) ?? -1);
  const blocks = Math.ceil(known.length / BLOCK_BITS);
  const request = Buffer.alloc(8 + 8 * blocks);
  request.writeUInt32LE(SFEATURES, 0);
  request.writeUInt32LE(blocks, 4);
  for (const place of places) {
    if (place < 0) throw new Error(`this kernel knows none of the features ${TAG_FEATURES.join(', ')}`);
    const at = 8 + 8 * Math.floor(place / BLOCK_BITS);
    request.writeUInt32LE((request.readUInt32LE(at) | (1 << (place % BLOCK_BITS))) >>> 0, at);
  }
  ethtool(device, request, 'send VLAN tags in frames');
}
