/**
 * A socket as a stream of its own, for TLS to be put over it: the TCP connection below can then be reset at any
 * moment, which Node does not survive where TLS has taken the connection's handle over.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export function ownStream(socket: Socket): Duplex {
  const stream = new Duplex({
    allowHalfOpen: true,
    read: () => void socket.resume(),
    write: (bytes: Buffer, _, done) => {
      if (socket.destroyed) done(new Error('closed'));
      else socket.write(bytes, (error) => done(error));
    },
    final: (done) => {
      if (socket.destroyed) done();
      else socket.end(() => done());
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket
    .on('data', (bytes) => {
      if (!stream.push(bytes)) socket.pause();
    })
    .once('end', () => stream.push(null))
    .on('error', (error) => stream.destroy(error))
    .once('close', () => stream.destroy());
  return stream;
}
