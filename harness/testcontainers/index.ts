/** What another project imports as `onevip/testcontainers`. The README here shows it in use. */
export { hostContainer } from './host-container.ts';
export type { LabClient } from './lab-client.ts';
export { OneVipLab } from './one-vip-lab.ts';
export type { ServerContainer } from './own-containers.ts';
export type { StartedOneVipLab } from './started-lab.ts';
export type { StartedNode } from './started-node.ts';
