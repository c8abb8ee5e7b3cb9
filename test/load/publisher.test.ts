import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Publisher } from '../../src/load/publisher.ts';
import { Timetable } from '../../src/load/timetable.ts';
import { phase } from './plans.ts';
import { RawServer } from './raw-server.ts';
import { clock, createContext, until } from './support.ts';

const MIX = { keys: 3, flows: 2, criticalShare: 0.25, sheddableShare: 0.5 };

let publisher: Publisher | undefined;
afterEach(() => publisher?.close());

function create(server: RawServer, eventBytes = 100) {
  const { recorder } = createContext();
  const timetable = new Timetable([phase({ durationMs: 60_000, eventBytes })], 0);
  publisher = new Publisher({
    endpoint: server.endpoint,
    clock,
    recorder,
    timetable,
    subscriberSeries: [0],
    mix: MIX,
    seed: 4711,
  });
  return publisher;
}

const bodies = (text: string | undefined) => (text ?? '').match(/\{"seq":\d+[^}]*\}/g) ?? [];

describe('publisher', () => {
  it('sends events in order on one connection without waiting for answers', async () => {
    await using server = await RawServer.start();
    const publisher = create(server);
    for (let i = 0; i < 3; i++) publisher.takeUp(clock.nowNs());
    await server.waitForRequests(3);
    expect(publisher.sample()).toEqual({ due: 3, sent: 3, accepted: 0, failures: {}, pending: 3 });
    const events = bodies(server.inbound[0]);
    expect(events.map((text) => JSON.parse(text).seq)).toEqual([1, 2, 3]);
    expect(events.map((text) => text.length)).toEqual([100, 100, 100]);
    server.answer(0, 202);
    server.answer(0, 503);
    server.answer(0, 202);
    await until(() => publisher.sample().pending === 0);
    expect(publisher.sample()).toEqual({
      due: 3,
      sent: 3,
      accepted: 2,
      failures: { http_503: 1 },
      pending: 0,
    });
    expect(server.sockets).toHaveLength(1);
    // Events 1 and 3 were taken, 2 was not.
    expect([0, 1, 2, 3].map((seq) => publisher.countTakenAfter(seq))).toEqual([2, 1, 1, 0]);
  });

  it('stamps the due time, and the moment of the write beside it', async () => {
    await using server = await RawServer.start();
    const publisher = create(server);
    const dueNs = clock.nowNs() - 50_000_000;
    publisher.takeUp(dueNs);
    await server.waitForRequests(1);
    await until(() => bodies(server.inbound[0]).length === 1);
    const { intendedUs, sentUs } = JSON.parse(bodies(server.inbound[0])[0] as string);
    expect(intendedUs).toBe(Math.floor(dueNs / 1000));
    expect(sentUs - intendedUs).toBeGreaterThanOrEqual(50_000);
  });

  it('after a reset, what was on the way has failed and the rest goes out on a new connection', async () => {
    await using server = await RawServer.start();
    const publisher = create(server);
    publisher.takeUp(clock.nowNs());
    publisher.takeUp(clock.nowNs());
    await server.waitForRequests(2);
    server.answer(0, 202);
    await until(() => publisher.sample().accepted === 1);
    server.sockets[0]?.resetAndDestroy();
    await until(() => publisher.sample().failures['reset'] === 1);
    publisher.takeUp(clock.nowNs());
    await until(() => server.requests(1) === 1);
    server.answer(1, 202);
    await until(() => publisher.sample().pending === 0);
    expect(publisher.sample()).toEqual({ due: 3, sent: 3, accepted: 2, failures: { reset: 1 }, pending: 0 });
    expect(bodies(server.inbound[1]).map((text) => JSON.parse(text).seq)).toEqual([3]);
  });

  it('an idle connection that the server closed costs no event', async () => {
    await using server = await RawServer.start();
    const publisher = create(server);
    publisher.connect();
    await until(() => server.sockets.length === 1);
    const gone = once(server.sockets[0] as Socket, 'close');
    server.sockets[0]?.end();
    await gone;
    publisher.takeUp(clock.nowNs());
    await until(() => server.requests(1) === 1);
    server.answer(1, 202);
    await until(() => publisher.sample().pending === 0);
    expect(publisher.sample()).toEqual({ due: 1, sent: 1, accepted: 1, failures: {}, pending: 0 });
  });

  it('refused: everything that waits fails, and later events try again', async () => {
    await using server = await RawServer.start();
    server.stopListening();
    const publisher = create(server);
    for (let i = 0; i < 4; i++) publisher.takeUp(clock.nowNs());
    await until(() => publisher.sample().pending === 0);
    publisher.takeUp(clock.nowNs());
    await until(() => publisher.sample().pending === 0);
    expect(publisher.sample()).toEqual({
      due: 5,
      sent: 0,
      accepted: 0,
      failures: { refused: 5 },
      pending: 0,
    });
  });

  it('a target that does not read holds due times back, not their text; each goes out once it reads', async () => {
    await using server = await RawServer.start();
    const publisher = create(server, 100_000);
    publisher.connect();
    await until(() => server.sockets.length === 1);
    server.sockets[0]?.pause();
    for (let i = 0; i < 300; i++) publisher.takeUp(clock.nowNs());
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    const held = publisher.sample();
    expect(held.pending).toBe(300);
    expect(held.sent).toBeLessThan(300);
    server.sockets[0]?.resume();
    await until(() => publisher.sample().sent === 300);
    await until(() => bodies(server.inbound[0]).length === 300, 10_000);
  });

  it('close: events without an answer have failed as unanswered', async () => {
    await using server = await RawServer.start();
    const publisher = create(server);
    publisher.takeUp(clock.nowNs());
    await server.waitForRequests(1);
    publisher.close();
    expect(publisher.sample()).toMatchObject({ pending: 0, failures: { unanswered: 1 } });
  });
});
