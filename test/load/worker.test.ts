import { describe, expect, it } from 'vitest';
import { constant, group, phase, plan } from './plans.ts';
import { TinyServer } from './tiny-server.ts';
import { WorkerProcess } from './worker-process.ts';

describe('load worker as a child process', () => {
  it('plays all three paths, accounts for every event, and ends by its protocol', async () => {
    await using server = await TinyServer.start();
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
        phase({ name: 'open', durationMs: 200, connections, measured: false }),
        phase({ name: 'steady', durationMs: 500, connections, publish: constant(100) }),
      ]),
      server.endpoints,
    );
    await worker.waitFor('arrivalsDone');
    await worker.waitForSample(
      ({ phase: name, publish, groups }) =>
        name === null && publish.pending === 0 && Object.values(groups).every((one) => one.pending === 0),
    );
    server.endStreams();
    await worker.waitForSample(
      ({ phase: name, groups }) =>
        name === null && ['sse', 'sse unix', 'ws'].every((subscribers) => groups[subscribers]?.open === 0),
    );
    const last = await worker.close();

    expect(last.publish).toEqual({ due: 50, sent: 50, accepted: 50, failures: {}, pending: 0 });
    expect(server.published).toBe(50);
    const wanted = { attempted: 5, admitted: 5, rejected: 0, failed: 0, open: 0, pending: 0, failures: {} };
    expect(last.groups['sse']).toMatchObject({ ...wanted, due: 0, received: 250, inTime: 250, gaps: 0 });
    expect(last.groups['sse unix']).toMatchObject({ attempted: 3, admitted: 3, received: 150 });
    expect(last.groups['ws']).toMatchObject({ due: 28, received: 200 + 28, pending: 0, failures: {} });
    expect(last.groups['proxy']).toMatchObject({ due: 70, received: 70, pending: 0, failures: {} });
    expect(server.pages).toBe(70);

    const receipts = worker.receipts;
    expect(receipts).toHaveLength(12);
    expect(receipts.map(({ clientId }) => clientId).sort()).toEqual([...server.clientIds].sort());
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({
        firstSeq: 1,
        lastSeq: 50,
        missing: 0,
        duplicates: 0,
        endedCleanly: true,
      });
    }

    expect(worker.count('sse', 'response')).toBe(250);
    expect(worker.count('sse', 'service')).toBe(250);
    expect(worker.count('sse', 'slip')).toBe(50);
    expect(worker.count('ws', 'response')).toBe(200);
    expect(worker.count('ws replies', 'response')).toBe(20);
    expect(worker.count('ws replies', 'response', false)).toBe(8);
    expect(worker.count('proxy', 'response')).toBe(50);
    expect(worker.count('proxy', 'slip', false)).toBe(20);
    expect(worker.count('sse', 'age')).toBeGreaterThanOrEqual(4 * 5);
    expect(worker.count('sse', 'age')).toBeLessThanOrEqual(5 * 5);
    const phases = worker.messages.filter((message) => message.type === 'phase');
    expect(phases.map(({ name, index }) => [name, index])).toEqual([
      ['open', 0],
      ['steady', 1],
    ]);
    expect((phases[1]?.startedMs ?? 0) - (phases[0]?.startedMs ?? 0)).toBeCloseTo(200, 3);
    expect(worker.messages.filter(({ type }) => type === 'arrivalsDone')).toHaveLength(1);
    expect(await worker.stop()).toBe(0);
  });
});
