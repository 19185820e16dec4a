/** Where a drop is ordinary: everywhere; while the lab is brought up, before its first test; where one LAN carries both sides. */
export type Circumstance = 'everywhere' | 'before the first test' | 'both sides on one LAN';

export interface OrdinaryDrop {
  cause: string;
  where: Circumstance;
  /** Goes on from "because". */
  why: string;
}

/** What load balancers drop in every suite by right. All else is declared by the test in which it is dropped. */
export const ORDINARY_DROPS: OrdinaryDrop[] = [
  {
    cause: 'ARP without lease',
    where: 'everywhere',
    why: 'firewalls and the standby ask for the NLBS address by broadcast, and who does not lead must not answer',
  },
  {
    cause: 'ARP on the server side',
    where: 'both sides on one LAN',
    why: 'what is asked for the NLBS address by broadcast comes to the server’s side as well, which must not answer',
  },
  {
    cause: 'no server',
    where: 'before the first test',
    why: 'the harness asks the cluster until it serves, and no server has passed its first check',
  },
  {
    cause: 'no lease',
    where: 'before the first test',
    why: 'a leader lets go when it is held up, and labs that come up side by side hold the kernel’s lock on network settings',
  },
];
