import { describe, expect, it } from 'vitest';
import { constant, group, phase, plan } from './plans.ts';
import { until } from './support.ts';
import { TinyServer } from './tiny-server.ts';
import { WorkerProcess } from './worker-process.ts';

describe('load worker as a child process', () => {
  it('plays all three paths, accounts for every event, and ends by its protocol', async () => {
    await using server = await TinyServer.start({ subscribers: 12 });
    await using worker = new WorkerProcess();
    const clients = [
      group({ name: 'sse', path: 'sse' }),
      group({ name: 'sse unix', path: 'sse', via: 'unix' }),
      group({ name: 'ws', path: 'ws', arrivals: constant(40), requestBytes: 100 }),
      group({ name: 'proxy', path: 'proxy', arrivals: constant(100) }),
    ];
    const connections = { sse: 5, 'sse unix': 3, ws: 4, proxy: 6 };
    await worker.play(
      plan(clients, [
        phase({ name: 'open', durationMs: 2000, connections, measured: false }),
        phase({ name: 'steady', durationMs: 1500, connections, publish: constant(100) }),
      ]),
      server.endpoints,
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitUntilSettled();
    server.endStreams();
    await worker.waitForSample(
      ({ phase: name, groups }) =>
        name === null && ['sse', 'sse unix', 'ws'].every((subscribers) => groups[subscribers]?.open === 0),
    );
    const last = await worker.close();

    expect(last.publish).toEqual({ due: 150, sent: 150, accepted: 150, failures: {}, pending: 0 });
    expect(server.published).toBe(150);
    const wanted = { attempted: 5, admitted: 5, rejected: 0, failed: 0, open: 0, pending: 0, failures: {} };
    expect(last.groups['sse']).toMatchObject({ ...wanted, due: 0, received: 750, inTime: 750, gaps: 0 });
    expect(last.groups['sse unix']).toMatchObject({ attempted: 3, admitted: 3, received: 450 });
    expect(last.groups['ws']).toMatchObject({ due: 140, received: 600 + 140, pending: 0, failures: {} });
    expect(last.groups['proxy']).toMatchObject({ due: 350, received: 350, pending: 0, failures: {} });
    expect(server.pages).toBe(350);

    const receipts = worker.receipts;
    expect(receipts).toHaveLength(12);
    expect(receipts.map(({ clientId }) => clientId).sort()).toEqual([...server.clientIds].sort());
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({
        firstSeq: 1,
        lastSeq: 150,
        missing: 0,
        duplicates: 0,
        endedCleanly: true,
      });
    }

    expect(worker.count('sse', 'response')).toBe(750);
    expect(worker.count('sse', 'service')).toBe(750);
    expect(worker.count('sse', 'slip')).toBe(150);
    expect(worker.count('ws', 'response')).toBe(600);
    expect(worker.count('ws replies', 'response')).toBe(60);
    expect(worker.count('ws replies', 'response', false)).toBe(80);
    expect(worker.count('proxy', 'response')).toBe(150);
    expect(worker.count('proxy', 'slip', false)).toBe(200);
    expect(worker.count('sse', 'age')).toBeGreaterThan(0);
    expect(worker.count('sse', 'age')).toBeLessThanOrEqual(5 * 15);
    const phases = worker.messages.filter((message) => message.type === 'phase');
    expect(phases.map(({ name, index }) => [name, index])).toEqual([
      ['open', 0],
      ['steady', 1],
    ]);
    expect((phases[1]?.startedMs ?? 0) - (phases[0]?.startedMs ?? 0)).toBeCloseTo(2000, 3);
    expect(worker.messages.filter(({ type }) => type === 'arrivalsDone')).toHaveLength(1);
    expect(await worker.stop()).toBe(0);
  });

  it('finish stops arrivals and new connections in the middle of a phase, and what is open stays open', async () => {
    await using server = await TinyServer.start();
    await using worker = new WorkerProcess();
    const connections = { sse: 400 };
    await worker.play(
      plan(
        [group({ name: 'sse', path: 'sse' })],
        [phase({ durationMs: 20_000, arrive: 'even', connections, publish: constant(50) })],
      ),
      server.endpoints,
    );
    await worker.waitForSample(
      ({ groups, publish }) => (groups['sse']?.open ?? 0) >= 3 && publish.accepted >= 3,
    );
    worker.send({ type: 'finish' });
    worker.send({ type: 'finish' });
    const { atMs } = await worker.waitFor('arrivalsDone');
    const isLater = (sinceMs: number) => worker.waitFor('sample', ({ sample }) => sample.tMs > sinceMs);
    const first = (await isLater(atMs)).sample;
    const second = (await isLater(first.tMs + 150)).sample;
    expect(second.phase).toBeNull();
    expect(second.publish.due).toBe(first.publish.due);
    expect(second.groups['sse']?.attempted).toBe(first.groups['sse']?.attempted);
    expect(second.groups['sse']?.open).toBe(second.groups['sse']?.admitted);
    expect(worker.messages.filter(({ type }) => type === 'arrivalsDone')).toHaveLength(1);
    const last = await worker.close();
    expect(last.groups['sse']).toMatchObject({ open: 0, rejected: 0 });
    expect(worker.receipts).toHaveLength(last.groups['sse']?.admitted ?? -1);
    expect(worker.receipts.every(({ endedCleanly }) => !endedCleanly)).toBe(true);
  });

  it('thaw: a reader that never read takes everything, counted and without a latency', async () => {
    await using server = await TinyServer.start({ subscribers: 3 });
    await using worker = new WorkerProcess();
    const connections = { fast: 1, frozen: 2 };
    await worker.play(
      plan(
        [
          group({ name: 'fast', path: 'sse' }),
          group({ name: 'frozen', path: 'sse', via: 'unix', readBytesPerSec: 0 }),
        ],
        [
          phase({ durationMs: 100, connections, measured: false }),
          phase({ durationMs: 400, connections, publish: constant(100), eventBytes: 4000 }),
        ],
      ),
      server.endpoints,
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ publish, phase: name }) => name === null && publish.accepted === 40);
    worker.send({ type: 'thaw' });
    await worker.waitForSample(({ groups }) => groups['frozen']?.received === 80);
    server.endStreams();
    await worker.waitForSample(({ phase: name, groups }) => name === null && groups['frozen']?.open === 0);
    const last = await worker.close();
    expect(last.groups['fast']).toMatchObject({ received: 40, inTime: 40 });
    expect(last.groups['frozen']).toMatchObject({ received: 80, inTime: 0 });
    expect(worker.count('fast', 'response')).toBe(40);
    expect(worker.count('frozen', 'response')).toBe(0);
    for (const { group: name, received, endedCleanly, missing } of worker.receipts) {
      expect([name, received, endedCleanly, missing]).toEqual([name, 40, true, 0]);
    }
  });

  it('counts who is rejected and never tries again', async () => {
    await using server = await TinyServer.start({ maxStreams: 3 });
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'sse', path: 'sse' })];
    const connections = { sse: 5 };
    await worker.play(
      plan(clients, [phase({ durationMs: 150, connections }), phase({ durationMs: 100, connections })]),
      server.endpoints,
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ groups }) => groups['sse']?.rejected === 2 && groups['sse'].admitted === 3);
    const last = await worker.close();
    expect(last.groups['sse']).toMatchObject({ attempted: 5, admitted: 3, rejected: 2, failed: 0, open: 0 });
    expect(worker.receipts).toHaveLength(3);
  });

  it('a target that refuses connections costs failures by reason, nothing else', async () => {
    const server = await TinyServer.start();
    const { endpoints } = server;
    await server[Symbol.asyncDispose]();
    await using worker = new WorkerProcess();
    const clients = [
      group({ name: 'sse', path: 'sse' }),
      group({ name: 'unix', path: 'sse', via: 'unix' }),
      group({ name: 'ws', path: 'ws', arrivals: constant(50) }),
      group({ name: 'proxy', path: 'proxy', arrivals: constant(50) }),
    ];
    const connections = { sse: 3, unix: 2, ws: 2, proxy: 2 };
    await worker.play(
      plan(clients, [phase({ durationMs: 200, connections, publish: constant(50) })]),
      endpoints,
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitUntilSettled();
    const last = await worker.close();
    expect(last.groups['sse']).toMatchObject({ attempted: 3, admitted: 0, failed: 3 });
    expect(last.groups['unix']).toMatchObject({ attempted: 2, admitted: 0, failed: 2 });
    expect(last.groups['ws']).toMatchObject({ due: 10, pending: 0, failures: { not_connected: 10 } });
    expect(last.groups['proxy']).toMatchObject({ due: 10, pending: 0, failures: { refused: 10 } });
    expect(last.publish).toMatchObject({ due: 10, sent: 0, accepted: 0, failures: { refused: 10 } });
    expect(worker.receipts).toEqual([]);
  });

  it('a server that dies in the middle leaves receipts of what came, failures by reason, and the plan runs on', async () => {
    await using server = await TinyServer.start({ subscribers: 7, pageDelayMs: 60_000 });
    await using worker = new WorkerProcess();
    const clients = [
      group({ name: 'sse', path: 'sse' }),
      group({ name: 'ws', path: 'ws' }),
      group({ name: 'proxy', path: 'proxy', arrivals: { model: 'burst', count: 3, everyMs: null } }),
    ];
    const connections = { sse: 4, ws: 3, proxy: 3 };
    await worker.play(
      plan(clients, [phase({ durationMs: 1500, connections, publish: constant(100) })]),
      server.endpoints,
    );
    await worker.waitForSample(({ publish }) => publish.accepted >= 10);
    server.kill();
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ phase: name, publish }) => name === null && publish.pending === 0);
    const last = await worker.close();
    expect(last.publish.due).toBe(150);
    const failed = Object.values(last.publish.failures).reduce((sum, count) => sum + count, 0);
    expect(failed).toBeGreaterThan(0);
    expect(last.publish.accepted + failed).toBe(150);
    expect(last.groups['proxy']).toMatchObject({ due: 3, received: 0, failures: { reset: 3 } });
    expect(worker.receipts).toHaveLength(7);
    for (const receipt of worker.receipts) {
      expect(receipt.endedCleanly).toBe(false);
      expect(receipt.received).toBeGreaterThan(0);
      expect(receipt.lastSeq).toBeLessThanOrEqual(server.published);
    }
    expect(last.groups['sse']).toMatchObject({ open: 0, attempted: 4 });
    expect(await worker.stop()).toBe(0);
  });

  it('messages that an orderly end leaves without a reply have failed as unanswered', async () => {
    await using server = await TinyServer.start({ replies: false });
    await using worker = new WorkerProcess();
    const clients = [
      group({ name: 'ws', path: 'ws', arrivals: { model: 'burst', count: 4, everyMs: null } }),
    ];
    await worker.play(plan(clients, [phase({ durationMs: 400, connections: { ws: 2 } })]), server.endpoints);
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ phase: name, groups }) => name === null && groups['ws']?.pending === 4);
    server.endStreams();
    await worker.waitForSample(({ groups }) => groups['ws']?.open === 0);
    const last = await worker.close();
    expect(last.groups['ws']).toMatchObject({ due: 4, received: 0, failures: { unanswered: 4 } });
    expect(worker.receipts.map(({ endedCleanly }) => endedCleanly)).toEqual([true, true]);
  });

  it('counts gaps that the server makes, and foreign events without a latency', async () => {
    await using server = await TinyServer.start({
      subscribers: 2,
      onPublish: (text) => !/^\{"seq":(3|4|7),/.test(text),
    });
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'sse', path: 'sse' }), group({ name: 'ws', path: 'ws' })];
    const connections = { sse: 1, ws: 1 };
    await worker.play(
      plan(clients, [
        phase({ durationMs: 150, connections }),
        phase({ durationMs: 100, connections, publish: constant(100) }),
      ]),
      { ...server.endpoints, isEmbedded: false },
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ publish, phase: name }) => name === null && publish.accepted === 10);
    server.broadcast('something else');
    await worker.waitForSample(({ groups }) => groups['sse']?.received === 8 && groups['ws']?.received === 8);
    const last = await worker.close();
    for (const name of ['sse', 'ws']) {
      expect(last.groups[name]).toMatchObject({ received: 8, gaps: 2, duplicates: 0, reordered: 0 });
      expect(worker.count(name, 'response')).toBe(7);
    }
    for (const receipt of worker.receipts) {
      expect(receipt).toMatchObject({ received: 8, missing: 3, gaps: 2, firstSeq: 1, lastSeq: 10 });
    }
  });

  it("counts what somebody else's service took and never handed on, also at the end and to who got nothing", async () => {
    await using server = await TinyServer.start({
      subscribers: 2,
      onPublish: (text) => !/^\{"seq":(3|4|9|10),/.test(text),
    });
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'sse', path: 'sse' }), group({ name: 'ws', path: 'ws' })];
    const connections = { sse: 1, ws: 1 };
    await worker.play(
      plan(clients, [
        phase({ durationMs: 150, connections }),
        phase({ durationMs: 100, connections, publish: constant(100) }),
      ]),
      { ...server.endpoints, isEmbedded: false },
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(({ groups }) => groups['sse']?.received === 6 && groups['ws']?.received === 6);
    await worker.waitForSample(({ publish }) => publish.accepted === 10);
    await worker.close();
    expect(worker.receipts.map(({ received, missing, missed }) => ({ received, missing, missed }))).toEqual([
      { received: 6, missing: 2, missed: 4 },
      { received: 6, missing: 2, missed: 4 },
    ]);
  });

  it('a phase with fewer connections closes the newest ones, one with more opens that many', async () => {
    await using server = await TinyServer.start();
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'sse', path: 'sse' }), group({ name: 'ws', path: 'ws' })];
    await worker.play(
      plan(clients, [
        // Long enough for all of them to be admitted, however busy the machine: who is not has no receipt.
        phase({ durationMs: 3000, connections: { sse: 4, ws: 3 } }),
        phase({ durationMs: 400, connections: { sse: 1, ws: 1 } }),
        phase({ durationMs: 400, connections: { sse: 3, ws: 1 }, arrive: 'even' }),
      ]),
      server.endpoints,
    );
    await until(() => worker.receipts.length === 5, 15_000);
    const closed = worker.receipts;
    expect(closed.map(({ clientId }) => clientId).sort()).toEqual([
      'sse-1-2',
      'sse-1-3',
      'sse-1-4',
      'ws-2-2',
      'ws-2-3',
    ]);
    await worker.waitFor('arrivalsDone');
    const last = await worker.close();
    expect(last.groups['sse']).toMatchObject({ attempted: 6, admitted: 6 });
    expect(last.groups['ws']).toMatchObject({ attempted: 3, admitted: 3 });
  });

  it('a path that the target lacks stays silent', async () => {
    await using server = await TinyServer.start();
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'ws', path: 'ws', arrivals: constant(100) })];
    const endpoints = { ...server.endpoints, ws: null, publish: null };
    await worker.play(
      plan(clients, [phase({ durationMs: 50, connections: { ws: 2 }, publish: constant(100) })]),
      endpoints,
    );
    await worker.waitFor('arrivalsDone');
    const last = await worker.close();
    expect(last.groups['ws']).toMatchObject({ attempted: 0, due: 0 });
    expect(last.publish).toEqual({ due: 0, sent: 0, accepted: 0, failures: {}, pending: 0 });
  });

  it('says what is wrong when a group wants a Unix socket and there is none', async () => {
    await using server = await TinyServer.start();
    await using worker = new WorkerProcess();
    const clients = [group({ name: 'slow', path: 'sse', via: 'unix' })];
    const endpoints = { ...server.endpoints, unixSocketPath: null };
    await worker.play(plan(clients, [phase()]), endpoints);
    expect((await worker.waitFor('failed')).message).toContain(
      "the group 'slow' connects over a Unix socket",
    );
  });
});
