/**
 * The origin behind the reverse proxy: answers each request after a set service time, and measures
 * itself, so that "upstream was healthy" is a measured fact.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { joinConductor } from '../core/child.ts';
import { createHostClock, takeEpochNs } from '../core/clock.ts';
import { LatencyHistogram } from '../core/histogram.ts';
import type { FromOrigin, OriginConfig, ToOrigin } from './control.ts';

const link = joinConductor<ToOrigin, FromOrigin>();
const clock = createHostClock(takeEpochNs());
const latency = new LatencyHistogram();
let requests = 0;

function start(config: OriginConfig): void {
  const body = Buffer.alloc(config.bodyBytes, 'o');
  const headers = { 'content-type': 'text/plain', 'content-length': body.length };
  const server = createServer((request, response) => {
    const arrivedNs = clock.nowNs();
    requests++;
    request.resume();
    const answer = (): void => {
      response.writeHead(200, headers);
      response.end(body, () => latency.recordUs((clock.nowNs() - arrivedNs) / 1000));
    };
    if (config.serviceTimeMs > 0) setTimeout(answer, config.serviceTimeMs);
    else answer();
  });
  server.keepAliveTimeout = 60_000;
  server.listen({ host: config.host, port: config.port, backlog: 4096 }, () => {
    const { port } = server.address() as AddressInfo;
    void link.send({ type: 'listening', url: `http://${config.host}:${port}` });
  });
}

link.onMessage((message) => {
  switch (message.type) {
    case 'start':
      return start(message.config);
    case 'report':
      return link.send({ type: 'report', requests, latency: latency.summary() });
    case 'stop':
      return link.stop();
  }
});
void link.send({ type: 'ready', pid: process.pid });
