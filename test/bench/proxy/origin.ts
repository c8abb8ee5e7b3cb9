/**
 * The origin behind the proxies: answers every GET with the same 1 KB, and does no more than it must, so that it
 * is never what is measured. `origin.ts [KEY_FILE CERT_FILE]`; with them it speaks TLS.
 */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const BODY_BYTES = 1024;
const END = Buffer.from('\r\n\r\n');
const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY_BYTES}\r\n\r\n`;
const answer = Buffer.from(head + 'o'.repeat(BODY_BYTES));

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let from = 0;
    for (let at = all.indexOf(END); at >= 0; at = all.indexOf(END, from)) {
      from = at + END.length;
      socket.write(answer);
    }
    rest = all.subarray(from);
  });
}

const [keyFile, certFile] = process.argv.slice(2);
const server =
  keyFile === undefined || certFile === undefined
    ? createServer(serve)
    : createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, serve);
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
process.stdin.on('end', () => process.exit()).resume();
