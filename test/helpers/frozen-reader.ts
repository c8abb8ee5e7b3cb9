/** A client that subscribes to `argv[2]` (a Unix socket) and never reads: a program to be killed. */
import { connect } from 'node:net';

const socket = connect(process.argv[2] as string);
socket.pause();
socket.write('GET /events?client=frozen HTTP/1.1\r\nHost: localhost\r\n\r\n', () =>
  process.send?.('subscribed'),
);
setInterval(() => {}, 1000);
