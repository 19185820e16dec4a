/** A topology with nothing wrong in it. */
export const small = `name: small
segments:
  wan:    { subnet: 100.64.0.0/24 }
  access: { subnet: 10.77.1.0/24 }
  server: { subnet: 10.77.2.0/28 }
cluster:
  addresses: [203.0.113.10, 203.0.113.11]
  services:
    - { name: http, protocol: tcp, port: 80 }
    - { name: echo, protocol: udp, port: 7 }
nlbs: { segment: access, address: 10.77.1.100 }
vrrp:
  - { segment: wan, address: 100.64.0.1, id: 51 }
  - { segment: access, address: 10.77.1.1, id: 52 }
nodes:
  client: { kind: client, legs: { wan: 100.64.0.9 }, routes: [{ to: cluster, via: vrrp.wan }] }
  fw1:
    { kind: firewall, priority: 150, legs: { wan: 100.64.0.2, access: 10.77.1.2 }, routes: [{ to: cluster, via: nlbs }] }
  fw2:
    { kind: firewall, priority: 100, legs: { wan: 100.64.0.3, access: 10.77.1.3 }, routes: [{ to: cluster, via: nlbs }] }
  nlb1: { kind: nlb, primary: true, legs: { access: 10.77.1.11, server: 10.77.2.11 } }
  nlb2: { kind: nlb, legs: { access: 10.77.1.12, server: 10.77.2.12 } }
  server:
    kind: server
    count: 3
    legs: { server: 10.77.2.1 }
    loopback: [cluster]
    routes:
      - { to: default, via: 10.77.2.11 }
`;

/** A way to spoil it. */
export interface BadTopology {
  title: string;
  /** What is changed, and to what. */
  change: [from: string, to: string][];
  /** `line:column: message`, all of them. */
  problems: string[];
}

/** The good topology with the change made. @throws if there is nothing to change. */
export function withChange(change: [string, string][]): string {
  return change.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`there is no ${from} to change`);
    return text.replace(from, to);
  }, small);
}
