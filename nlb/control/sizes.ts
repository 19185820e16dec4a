/** Of the data path's tables, as the configuration's schema allows. */
export const MAX_SERVERS = 1024;
export const MAX_SERVICES = 256;
