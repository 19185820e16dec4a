import { createServer, type Server } from 'node:http';

/** One thing that a server was asked: a request, a connection or a datagram. */
export interface Served {
  protocol: 'http' | 'tcp' | 'udp';
  /** `198.51.100.10:40123` */
  client: string;
  /** The address that the client asked: `203.0.113.10:80`. */
  target: string;
}

/** An HTTP server that answers every request with its name. */
export function httpServer(name: string, onServed: (served: Served) => void): Server {
  return createServer((request, response) => {
    const { remoteAddress, remotePort, localAddress, localPort } = request.socket;
    onServed({ protocol: 'http', client: `${remoteAddress}:${remotePort}`, target: `${localAddress}:${localPort}` });
    response.setHeader('x-served-by', name);
    response.setHeader('content-type', 'text/plain');
    response.end(`${name}\n`);
  });
}
