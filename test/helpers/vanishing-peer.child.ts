/** Connects, sends what it is told to, says what comes back, and answers pings: as the peer that is to vanish. */
import { connect } from 'node:net';

const PING = Buffer.from([0x89, 0]);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

process.on('message', ({ host, port, request }: { host: string; port: number; request: string }) => {
  const socket = connect(port, host, () => socket.write(request));
  socket.on('data', (data: Buffer) => {
    if (data.includes(PING)) socket.write(PONG);
    process.send?.(data.toString('latin1'));
  });
  socket.on('error', () => {});
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
