import { afterEach, describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import { Requester } from '../../src/load/requester.ts';
import { RawServer } from './raw-server.ts';
import { clock, createContext, until } from './support.ts';

let requester: Requester | undefined;
afterEach(() => requester?.close());

function create(server: RawServer, limit: number) {
  const context = createContext({ path: 'proxy', deadlineMs: 500 });
  const created = new Requester({ ...context, endpoint: server.endpoint });
  created.setLimit(limit);
  requester = created;
  return { ...context, requester: created };
}

describe('requester', () => {
  it('opens connections when needed, up to the limit, then requests wait in order', async () => {
    await using server = await RawServer.start();
    const { requester, totals, recorder } = create(server, 2);
    for (let i = 0; i < 5; i++) requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 1);
    expect(totals).toMatchObject({ due: 5, pending: 5, attempted: 2, admitted: 2, open: 2, received: 0 });
    expect(server.inbound[0]).toBe(`GET /x?y=1 HTTP/1.1\r\nHost: ${server.endpoint.host}\r\n\r\n`);
    server.answer(0);
    await server.waitForRequests(2, 1);
    server.answer(1);
    server.answer(0);
    await server.waitForRequests(3, 2);
    server.answer(0);
    server.answer(1);
    await until(() => totals.pending === 0);
    expect(totals).toMatchObject({ due: 5, received: 5, inTime: 5, attempted: 2, failures: {} });
    const filled = recorder.takeFilled().map((one) => recorder.encode(one));
    expect(filled.map(({ kind, count }) => [kind, count])).toEqual([
      ['response', 5],
      ['service', 5],
      ['slip', 5],
    ]);
  });

  it('response counts from the due time, service from the write', async () => {
    await using server = await RawServer.start();
    const { requester, totals, recorder } = create(server, 1);
    requester.takeUp(clock.nowNs() - 700 * NS_PER_MS);
    await server.waitForRequests(1);
    server.answer(0);
    await until(() => totals.received === 1);
    const [response, service, slip] = recorder.takeFilled().map((one) => recorder.encode(one));
    expect(response?.maxMs).toBeGreaterThanOrEqual(700);
    expect(service?.maxMs).toBeLessThan(600);
    expect(slip?.maxMs).toBeGreaterThanOrEqual(699);
    expect(totals.inTime).toBe(0);
  });

  it('uses the connection again that was idle for the shortest time', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 3);
    for (let i = 0; i < 3; i++) requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 1, 1);
    server.answer(0);
    await until(() => totals.received === 1);
    server.answer(2);
    await until(() => totals.received === 2);
    server.answer(1);
    await until(() => totals.received === 3);
    requester.takeUp(clock.nowNs());
    requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 2, 2);
  });

  it('counts answers that are no success by status, and resets and early ends by reason', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 4);
    for (let i = 0; i < 4; i++) requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 1, 1, 1);
    server.answer(0, 502);
    server.sockets[1]?.resetAndDestroy();
    server.sockets[2]?.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal');
    server.sockets[3]?.write('what?\r\n');
    await until(() => totals.pending === 0);
    expect(totals.failures).toEqual({ http_502: 1, reset: 1, closed: 1, protocol: 1 });
    expect(totals).toMatchObject({ received: 0, open: 1 });
  });

  it('an answer with connection: close is delivered and the next request gets a new connection', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 1);
    requester.takeUp(clock.nowNs());
    requester.takeUp(clock.nowNs());
    await server.waitForRequests(1);
    server.answer(0, 200, 'Connection: close\r\n');
    await server.waitForRequests(1, 1);
    server.answer(1);
    await until(() => totals.received === 2);
    expect(totals).toMatchObject({ attempted: 2, failures: {}, open: 1 });
  });

  it('an idle connection that the server closed is not used again', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 1);
    requester.takeUp(clock.nowNs());
    await server.waitForRequests(1);
    server.answer(0);
    await until(() => totals.received === 1);
    server.sockets[0]?.end();
    await until(() => totals.open === 0);
    requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 1);
    server.answer(1);
    await until(() => totals.pending === 0);
    expect(totals).toMatchObject({ received: 2, failures: {} });
  });

  it('a body that ends with the connection is delivered', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 1);
    requester.takeUp(clock.nowNs());
    await server.waitForRequests(1);
    server.sockets[0]?.end('HTTP/1.1 200 OK\r\n\r\nall of it');
    await until(() => totals.pending === 0);
    expect(totals).toMatchObject({ received: 1, failures: {} });
  });

  it('refused: each request fails with one attempt, none is retried', async () => {
    await using server = await RawServer.start();
    server.stopListening();
    const { requester, totals } = create(server, 2);
    for (let i = 0; i < 5; i++) requester.takeUp(clock.nowNs());
    await until(() => totals.pending === 0);
    expect(totals).toMatchObject({ attempted: 5, admitted: 0, failed: 5, open: 0, failures: { refused: 5 } });
  });

  it('a lower limit closes idle connections at once and busy ones after their answer', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 3);
    for (let i = 0; i < 3; i++) requester.takeUp(clock.nowNs());
    await server.waitForRequests(1, 1, 1);
    server.answer(0);
    await until(() => totals.received === 1);
    requester.setLimit(1);
    expect(totals.open).toBe(2);
    server.answer(1);
    server.answer(2);
    await until(() => totals.received === 3);
    expect(totals).toMatchObject({ open: 1, failures: {} });
  });

  it('close: what has no answer has failed as unanswered, sent or not', async () => {
    await using server = await RawServer.start();
    const { requester, totals } = create(server, 1);
    for (let i = 0; i < 3; i++) requester.takeUp(clock.nowNs());
    await server.waitForRequests(1);
    requester.close();
    expect(totals).toMatchObject({ pending: 0, open: 0, failures: { unanswered: 3 } });
  });
});
