/** A TCP relay in front of a server that may move, and whose connections can be cut by reset. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingRelay extends AsyncDisposable {
  readonly port: number;
  /** Where new connections go; `null`: they are closed at once. */
  target: number | null;
  /** Resets every connection; answers how many there were. */
  cut(): number;
  readonly accepted: number;
}

export async function startCuttingRelay(): Promise<CuttingRelay> {
  const pairs = new Set<[Socket, Socket]>();
  let accepted = 0;
  const server = createServer((client) => {
    client.on('error', () => {});
    if (relay.target === null) {
      client.resetAndDestroy();
      return;
    }
    accepted++;
    const upstream = connect(relay.target, '127.0.0.1');
    upstream.on('error', () => {});
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.pipe(to);
      from.once('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const relay = {
    port: (server.address() as AddressInfo).port,
    target: null as number | null,
    get accepted() {
      return accepted;
    },
    cut() {
      const count = pairs.size;
      for (const [client, upstream] of pairs) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
      return count;
    },
    async [Symbol.asyncDispose]() {
      relay.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return relay;
}
