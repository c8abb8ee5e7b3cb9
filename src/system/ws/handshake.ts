/** How a WebSocket begins: what is refused, what is agreed on, and what the library is to keep. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ServerOptions } from 'ws';
import type { WsSettings } from '../../core/plan.ts';
import { keepValidOffers } from './deflate-offers.ts';
import { MAX_MESSAGE_BYTES } from './inbound-frames.ts';
import { CLOSE_MS, RelaySocket } from './relay-socket.ts';

/** What does not compress is longer when it comes compressed (RFC 7692 §7.2.3.3): 5 bytes in 16 KiB at most. */
const MAX_DEFLATE_OVERHEAD_BYTES = 1024;
/** Messages that are compressed at a time, over all connections: zlib's memory is outside of every budget. */
const MAX_DEFLATING = 10;

/** True where it is of another version, and has been told the one to use (RFC 6455 §4.2.2). */
export function refuseVersion({ method, headers }: IncomingMessage, socket: Duplex): boolean {
  const isOther = method === 'GET' && headers['sec-websocket-version'] !== '13';
  if (isOther) refuseUpgrade(socket, '426 Upgrade Required', 'Sec-WebSocket-Version: 13\r\n');
  return isOther;
}

/** Takes out the offers of extensions that must be declined. */
export function keepOffers({ headers }: IncomingMessage): void {
  const { 'sec-websocket-extensions': offers } = headers;
  const valid = offers === undefined ? undefined : keepValidOffers(offers);
  if (valid === undefined) delete headers['sec-websocket-extensions'];
  else headers['sec-websocket-extensions'] = valid;
}

/** The library's side of every connection. */
export function serverOptions({ deflate }: WsSettings): ServerOptions<typeof RelaySocket> {
  const hasNoContext = deflate === 'no-context';
  // The library knows more options than its types.
  const options: ServerOptions<typeof RelaySocket> & { closeTimeout: number } = {
    noServer: true,
    WebSocket: RelaySocket,
    clientTracking: false,
    autoPong: false,
    handleProtocols: () => false, // neither endpoint speaks any
    closeTimeout: CLOSE_MS,
    maxPayload: MAX_MESSAGE_BYTES + (deflate === 'off' ? 0 : MAX_DEFLATE_OVERHEAD_BYTES),
    perMessageDeflate:
      deflate === 'off'
        ? false
        : {
            // Not `false`, which would decline whoever asks for none.
            ...(hasNoContext ? { serverNoContextTakeover: true, clientNoContextTakeover: true } : {}),
            concurrencyLimit: MAX_DEFLATING,
            threshold: 0,
          },
  };
  return options;
}

export function refuseUpgrade(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${headers}\r\n`, () =>
    socket.destroy(),
  );
}
