/**
 * Keep-alive GETs through CONNECT and TLS, one at a time on each connection, as fast as answers come.
 * `tls-client.ts PROXY_PORT HOST:PORT CA_FILE CONNECTIONS SECONDS` prints `{requests, seconds, errors}`; time runs
 * once all connections are up. Answers must be 200 with 1 KB; anything else is an error.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

const [proxyPort, authority = '', caFile = '', connections, seconds] = process.argv.slice(2);
const ca = readFileSync(caFile);
const request = Buffer.from(`GET /1k HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
const END = Buffer.from('\r\n\r\n');

let requests = 0;
let errors = 0;
let isCounting = false;

async function open(): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: Number(proxyPort) });
  socket.setNoDelay(true);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  await readTunnelAnswer(socket);
  const stream = connectTls({ socket, servername: 'localhost', ca, ALPNProtocols: ['http/1.1'] });
  await once(stream, 'secureConnect');
  return stream;
}

async function readTunnelAnswer(socket: Socket): Promise<void> {
  let text = '';
  while (!text.includes('\r\n\r\n')) {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    text += bytes.toString('latin1');
  }
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`CONNECT was refused: ${text}`);
  socket.pause();
  socket.removeAllListeners('data');
}

/** Sends, reads one answer of known length, and sends again. */
function drive(stream: TLSSocket): void {
  let held: Buffer[] = [];
  let bytes = 0;
  let wanted = 0;
  const fail = () => {
    if (isCounting) errors++;
    stream.destroy();
  };
  stream.on('error', fail).on('end', fail);
  stream.on('data', (chunk: Buffer) => {
    held.push(chunk);
    bytes += chunk.length;
    if (wanted === 0) {
      const all = Buffer.concat(held);
      held = [all];
      const end = all.indexOf(END);
      if (end < 0) return;
      const head = all.toString('latin1', 0, end);
      const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (!head.startsWith('HTTP/1.1 200 ') || length !== '1024') return fail();
      wanted = end + END.length + Number(length);
    }
    if (bytes < wanted) return;
    if (bytes > wanted) return fail();
    held = [];
    bytes = 0;
    wanted = 0;
    if (isCounting) requests++;
    stream.write(request);
  });
  stream.write(request);
}

const streams = await Promise.all(Array.from({ length: Number(connections) }, open));
for (const stream of streams) drive(stream);
isCounting = true;
const startMs = performance.now();
// A benchmark lasts so long: time is what it is asked for.
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
isCounting = false;
const elapsed = (performance.now() - startMs) / 1000;
process.stdout.write(JSON.stringify({ requests, seconds: elapsed, errors }));
for (const stream of streams) stream.removeAllListeners('end').destroy();
