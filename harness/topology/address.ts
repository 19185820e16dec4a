/** Text forms of addresses, branded so that one is never taken for another. The codecs live where they are used. */

/** Dotted quad, `10.77.1.11`. */
export type Ipv4 = string & { readonly brand: 'Ipv4' };
/** Address and prefix length, `10.77.1.11/24`. As a subnet the host bits are zero. */
export type Cidr = string & { readonly brand: 'Cidr' };
/** Six octets, lower case, with colons: `02:00:00:01:00:0b`. */
export type Mac = string & { readonly brand: 'Mac' };
