import { broadcastOf, contains, formatCidr, formatIpv4, isUnicast, parseIpv4 } from './ipv4.ts';
import type { Path, Report } from './problem.ts';
import type { Segment } from './segment.ts';

/** Who has which address. One address, one holder. */
export class Holders {
  readonly #byAddress = new Map<number, string>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Note that `holder` has the address. False, and reported, if somebody has it already. */
  claim(address: number, holder: string, path: Path): boolean {
    const other = this.#byAddress.get(address);
    if (other !== undefined)
      this.#report.value(path, `${formatIpv4(address)} for ${holder} is already that of ${other}`);
    else this.#byAddress.set(address, holder);
    return other === undefined;
  }

  has(address: number): boolean {
    return this.#byAddress.has(address);
  }
}

/** Read a station's address. Undefined, and reported, if it is not one. */
export function readAddress(text: string, path: Path, report: Report): number | undefined {
  const address = parseIpv4(text);
  if (address === undefined) return void report.value(path, `"${text}" is not an IPv4 address`, 'such as 10.77.1.11');
  if (!isUnicast(address)) {
    return void report.value(path, `${text} is not for stations: it is loopback, multicast or reserved`);
  }
  return address;
}

/** Report an address that no station on the segment can have. Whether it is right. */
export function checkWithin(address: number, segment: Segment, path: Path, report: Report): boolean {
  const text = formatIpv4(address);
  const subnet = formatCidr(segment.network, segment.prefixLength);
  if (!contains(segment, address)) {
    report.value(path, `${text} is outside ${subnet}, the subnet of segment ${segment.name}`);
    return false;
  }
  if (address === segment.network) report.value(path, `${text} is the network address of ${subnet}`);
  else if (address === broadcastOf(segment)) report.value(path, `${text} is the broadcast address of ${subnet}`);
  else return true;
  return false;
}
