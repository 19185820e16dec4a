import { hostContainer } from 'onevip/testcontainers';
import { type GenericContainer, Wait } from 'testcontainers';

/** What `/slow` sends, and in how much time. */
export const SLOW_BYTES = 192 * 1024;
const BYTES_PER_SECOND = 64 * 1024;

/** Says in every answer which server gave it. */
const configuration = (name: string): string => `
user root;
daemon off;
pid /tmp/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path /tmp/${kind};`).join(' ')}
  server {
    listen 80;
    add_header X-Served-By ${name};
    location / { return 200 "${name}\\n"; }
    location = /slow { root /var/www; limit_rate ${BYTES_PER_SECOND}; }
  }
}
`;

/**
 * The service under test: an nginx. Where there is a registry it is `new GenericContainer('nginx:1.29')`, with the configuration at
 * /etc/nginx/nginx.conf and no command; this one is the nginx that is installed on this machine.
 */
export function nginx(name: string): GenericContainer {
  return hostContainer()
    .withCopyContentToContainer([
      { target: '/etc/nginx.conf', content: configuration(name) },
      { target: '/var/www/slow', content: Buffer.alloc(SLOW_BYTES, 'x') },
    ])
    .withCommand(['nginx', '-c', '/etc/nginx.conf'])
    .withWaitStrategy(Wait.forLogMessage(/start worker process/));
}
