/** What every peer's process does: it says where it listens, and ends when its standard input does. */

/** @param {number} port @param {object} [more] goes into the same line */
export function announce(port, more = {}) {
  process.stdout.write(`${JSON.stringify({ port, ...more })}\n`);
  process.stdin.on('end', () => process.exit()).resume();
}

/** On a free port of the loopback address. @param {import('node:net').Server} server */
export function listen(server) {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => announce(server.address().port));
}
