/**
 * The service of this example: a feed of server-sent events with a bounded queue for each subscriber.
 *
 *   POST /publish   takes an event (the body) and hands it to every subscriber
 *   GET  /events    the feed
 *   GET  /health    a small answer
 *
 * PORT chooses the port (default: a free one, printed), QUEUE the bytes that a subscriber may be behind before events
 * are dropped for it.
 */
import { createServer } from 'node:http';

const queueBytes = Number(process.env.QUEUE ?? 64 * 1024);
const subscribers = new Set();
let lastId = 0;

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/publish') {
    request.setEncoding('utf8');
    let body = '';
    for await (const part of request) body += part;
    publish(body);
    response.writeHead(202).end();
  } else if (request.url?.startsWith('/events')) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.flushHeaders();
    subscribers.add(response);
    response.on('close', () => subscribers.delete(response));
  } else {
    response.end('ok\n');
  }
});

function publish(body) {
  const frame = `id: ${++lastId}\ndata: ${body.replaceAll('\n', '\ndata: ')}\n\n`;
  for (const subscriber of subscribers) {
    if (subscriber.writableLength < queueBytes) subscriber.write(frame);
  }
}

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
