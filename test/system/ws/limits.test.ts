/** What ends a connection of the relay, what goes past its queue, and what compression may not break. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { findWaitCycles } from '../../../src/conductor/stalls/wait-cycles.ts';
import type { WsSettings } from '../../../src/core/plan.ts';
import { MEMORY } from '../../../src/core/wait-names.ts';
import { until } from '../../helpers/system.ts';
import { encodeFrame, OPCODE } from '../../helpers/websocket-frames.ts';
import { RunningRelay } from './relay.ts';

const BIG = 'x'.repeat(30_000);

/** A client that reads nothing, with a full queue behind it. */
async function fill(running: RunningRelay) {
  const client = await running.openFrozen();
  for (let number = 0; running.sample().queueFull === 0; number++) {
    if (number > 5000) throw new Error('5000 events in vain');
    await running.publish(`${number} ${BIG}`);
    await new Promise(setImmediate);
  }
  return client;
}

describe('answers to pings while the queue is full (W-10)', () => {
  /** Messages that come before the pong of a client that reads again. */
  async function messagesBefore(control: WsSettings['control'], architecture: WsSettings['architecture']) {
    await using running = await RunningRelay.start({
      settings: { control, architecture, onFull: 'drop' },
      strategy: 'drop-oldest,capacity=100,bytes=64MiB',
    });
    const client = await fill(running);
    let before = -1;
    client.ws.once('pong', () => {
      before = client.messages.length;
    });
    client.ws.ping('in the midst');
    if (architecture === 'split') await until(() => running.sample().pings === 1, 'the ping is read');
    const { delivered, inFlight } = running.ledger();
    client.ws.resume();
    await until(() => before >= 0, 'the pong is there');
    await until(() => running.ledger().queued === 0, 'everything is written');
    return { before, written: delivered + inFlight, total: client.messages.length };
  }

  it('queue: as long as it takes to empty it', async () => {
    const { before, written } = await messagesBefore('queue', 'split');
    expect(before).toBeGreaterThanOrEqual(written + 99);
  });

  it.each(['inline', 'strict', 'weighted'] as const)(
    '%s: behind what was written already, and no more',
    async (control) => {
      const { before, written } = await messagesBefore(control, 'split');
      expect(before).toBeGreaterThanOrEqual(0);
      expect(before).toBeLessThanOrEqual(written + 1);
    },
  );

  it('a single loop that takes its queue first reads no ping until that is empty (W-12)', async () => {
    const { before, written } = await messagesBefore('inline', 'single-loop');
    expect(before).toBeGreaterThanOrEqual(written + 99);
  });
});

describe('a pong that waits for room', () => {
  it('is nobody else: the reader goes on, and says of itself that it waits for nothing', async () => {
    await using running = await RunningRelay.start({
      settings: { control: 'queue' },
      strategy: 'block,capacity=4',
    });
    const client = await running.openFrozen();
    for (let number = 0; running.sample().queueFull === 0; number++) {
      void running.publish(`${number} ${BIG}`);
      await new Promise(setImmediate);
    }
    client.ws.ping('one');
    await until(
      () => running.waits().some(({ who }) => who === 'ws 1 pong'),
      'the pong has waited for a while',
    );
    client.ws.ping('two');
    await until(() => running.sample().pings === 2, 'the next one is read');
    expect(running.waits().map(({ who }) => who)).not.toContain('ws 1 reader');
  });
});

describe('memory that another one holds', () => {
  it('is told as what is waited for, by no cycle, and its wait ends with the connection', async () => {
    await using running = await RunningRelay.start({
      strategy: 'block,capacity=1000,bytes=64MiB',
      maxMemoryBytes: 100_000,
    });
    const holder = await running.openFrozen();
    const waitsOf = (who: string) => running.waits().filter((wait) => wait.who === who);
    for (let number = 0; waitsOf('ws 1 subscription').length === 0; number++) {
      if (number < 40) void running.publish(`${number} ${BIG}`);
      await new Promise(setImmediate);
    }
    const other = await running.open('/ws?subscribe=none');
    other.send('{"seq":1}');
    await until(() => waitsOf('ws 2 reader').length === 1, 'its reply waits for memory');
    expect(waitsOf('ws 2 reader')).toMatchObject([{ what: MEMORY, freedBy: [], boundary: null }]);
    expect(findWaitCycles(running.waits())).toEqual([]);
    other.ws.terminate();
    await until(() => running.limit.open === 1, 'it is gone, though nobody has given memory back');
    expect(running.accounts()).toMatchObject([{ offered: 1, dropped: { 'disconnect.peer': 1 } }]);
    holder.ws.terminate();
    await until(() => running.limit.open === 0, 'so is the other one');
    expect([running.budget.usedBytes, running.tasks.open, running.waiting]).toEqual([0, 0, 0]);
  });
});

describe('inbound messages beside a client that does not read (W-2)', () => {
  /** Whether a message is still handled once the queue is full. */
  async function isServed(architecture: WsSettings['architecture']): Promise<boolean> {
    await using running = await RunningRelay.start({
      settings: { architecture },
      strategy: 'drop-newest,capacity=10',
    });
    const client = await fill(running);
    client.send('{"seq":1}');
    await until(() => running.waits().length > 0, 'the writer has waited for a while');
    const { refused } = running.sample();
    expect(running.sample().inboundMs.count).toBe(refused);
    return refused === 1; // handled, and its sender told that there is no room
  }

  it('are handled at once by a reader of its own, and not by a loop that waits for the socket', async () => {
    expect(await isServed('split')).toBe(true);
    expect(await isServed('actor')).toBe(true);
    expect(await isServed('single-loop')).toBe(false);
  });
});

describe('a larger queue (W-18)', () => {
  it('tells of overload later, by as many events as it is larger', async () => {
    const untilFull = async (capacity: number): Promise<number> => {
      await using running = await RunningRelay.start({
        strategy: `drop-newest,capacity=${capacity},bytes=64MiB`,
      });
      await fill(running);
      return running.ledger().offered;
    };
    const [small, medium, large] = [await untilFull(16), await untilFull(64), await untilFull(256)];
    // Beside the queue there is what the kernel has taken, which is about the same each time.
    expect(Math.abs(medium - small - 48)).toBeLessThan(8);
    expect(Math.abs(large - medium - 192)).toBeLessThan(8);
  });
});

describe('a flood of pings from a client that does not read', () => {
  it.each(['inline', 'strict', 'weighted'] as const)(
    '%s: keeps a bounded number of pongs, the latest among them',
    async (control) => {
      await using running = await RunningRelay.start({ settings: { control, controlCapacity: 32 } });
      const socket = await running.openRaw('/ws?subscribe=none');
      socket.pause();
      const total = 40_000;
      const pings: Buffer[] = [];
      for (let number = 0; number < total; number++)
        pings.push(encodeFrame({ opcode: OPCODE.ping, payload: String(number).padStart(100, ' ') }));
      socket.write(Buffer.concat(pings));
      await until(() => running.sample().pings === total, 'all are read');
      expect(running.sample().pongsReplaced).toBeGreaterThan(total / 2);
      let seen = '';
      socket.setEncoding('latin1').on('data', (chunk) => {
        seen = (seen + chunk).slice(-5000);
      });
      socket.resume();
      await until(() => seen.includes(` ${total - 1}`), 'the latest is answered');
      const { pongs, pongsReplaced } = running.sample();
      expect(pongs + pongsReplaced).toBe(total);
    },
  );
});

describe('a write that is not taken', () => {
  it('ends the connection after sendTimeoutMs without progress, as slow', async () => {
    await using running = await RunningRelay.start({
      settings: { sendTimeoutMs: 200 },
      strategy: 'drop-newest,capacity=8',
    });
    await fill(running);
    await until(() => running.limit.open === 0, 'it is gone');
    expect(running.sample().endedBySendTimeout).toBe(1);
    expect(running.ledger()).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
    expect(running.ledger().dropped['disconnect.slow']).toBe(8);
  });

  it('waits for ever without it, as found: also where both sides only write (W-20)', async () => {
    const play = async (sendTimeoutMs: number | null) => {
      const running = await RunningRelay.start({ settings: { sendTimeoutMs }, strategy: 'block,capacity=4' });
      const client = await running.openFrozen('/ws?subscribe=none');
      for (let i = 0; i < 200; i++) client.send(`{"seq":${i},"pad":"${BIG}"}`);
      return running;
    };
    await using stuck = await play(null);
    await until(() => stuck.waits().length === 2, 'reader and writer have waited for a while', 15_000);
    expect(
      stuck
        .waits()
        .map(({ who, freedBy }) => [who, ...freedBy])
        .sort(),
    ).toEqual([
      ['ws 1 reader', 'ws 1 writer'],
      ['ws 1 writer', 'peer of ws 1'],
    ]);
    expect(stuck.limit.open).toBe(1);
    await using freed = await play(200);
    await until(() => freed.sample().endedBySendTimeout === 1, 'the timeout frees it');
    await until(() => freed.limit.open === 0, 'it is gone');
    expect(freed.ledger()).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
  });

  it('is judged by progress: a slow reader of one large message is not cut', async () => {
    await using running = await RunningRelay.start({
      settings: { sendTimeoutMs: 1500 },
      strategy: 'drop-newest,bytes=64MiB',
    });
    const socket = await running.openRaw();
    socket.pause();
    let received = 0;
    const size = 4_000_000;
    await running.publish('y'.repeat(size));
    const startMs = performance.now();
    // At most 256 KiB each 100 ms: longer than the timeout in all, and never without progress.
    while (received < size) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (let taken = 0; taken < 256 * 1024; ) {
        const chunk = socket.read() as Buffer | null;
        if (chunk === null) break;
        taken += chunk.length;
        received += chunk.length;
      }
      if (running.limit.open === 0) break;
    }
    expect(received).toBeGreaterThanOrEqual(size);
    expect(performance.now() - startMs).toBeGreaterThan(1500);
    expect(running.sample().endedBySendTimeout).toBe(0);
    await until(() => running.ledger().delivered === 1, 'it is written');
  });
});

describe('the end', () => {
  it('by age: what is queued goes out, then 1001', async () => {
    await using running = await RunningRelay.start({ settings: { maxConnectionMs: 300 } });
    const client = await running.open();
    await running.publish('before');
    await until(() => client.closed !== undefined, 'its time is over');
    expect(client.messages).toEqual(['before']);
    expect(client.closed?.code).toBe(1001);
    expect(running.sample().endedByAge).toBe(1);
  });

  it.each(['single-loop', 'split', 'actor', 'offload'] as const)(
    '%s: flush sends every queued message, discard none (W-8)',
    async (architecture) => {
      for (const shutdown of ['flush', 'discard'] as const) {
        await using running = await RunningRelay.start({
          settings: { architecture, shutdown },
          strategy: 'drop-newest,capacity=20',
        });
        const client = await fill(running);
        const { queued, delivered, inFlight } = running.ledger();
        expect(queued).toBe(20);
        const finished = running.finish(10_000);
        client.ws.resume();
        await finished;
        const expected = delivered + inFlight + (shutdown === 'flush' ? queued : 0);
        await until(() => client.closed !== undefined, 'it is closed');
        expect(client.closed?.code).toBe(1001);
        expect(client.messages.length).toBe(expected);
        expect(running.ledger().dropped['shutdown']).toBe(shutdown === 'flush' ? undefined : queued);
        expect(running.accounts()[0]).toMatchObject({ delivered: expected, endedCleanly: true });
        expect(running.tasks.byKind()).toEqual({});
      }
    },
  );

  it.each(['single-loop', 'split', 'actor', 'offload'] as const)(
    '%s: what was read while a write was under way is answered, and nobody waits for it twice',
    async (architecture) => {
      await using running = await RunningRelay.start({
        settings: { architecture },
        strategy: 'drop-newest,capacity=20',
      });
      const client = await fill(running);
      const before = running.bytesRead();
      client.ws.ping('the last');
      await until(() => running.bytesRead() > before, 'it is read');
      const finished = running.finish(10_000);
      client.ws.resume();
      await finished;
      await until(() => client.closed !== undefined, 'it is closed');
      expect(client.closed?.code).toBe(1001);
      expect(running.accounts()[0]).toMatchObject({ endedCleanly: true });
    },
  );

  it('by its deadline, where the client reads nothing: the rest is dropped{shutdown}', async () => {
    await using running = await RunningRelay.start({ strategy: 'drop-newest,capacity=20' });
    await fill(running);
    await running.finish(100);
    expect(running.ledger().dropped['shutdown']).toBe(20);
    expect(running.ledger()).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
    expect(running.tasks.byKind()).toEqual({});
  });

  it('by a peer that sends a close and reads nothing: nothing stays for it', async () => {
    await using running = await RunningRelay.start({ strategy: 'drop-newest,capacity=20' });
    const client = await fill(running);
    client.ws.close(1000);
    await until(() => running.limit.open === 0, 'it is gone', 8000);
    expect(running.ledger()).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
  });

  it('by a half-close: noticed, and released', async () => {
    await using running = await RunningRelay.start();
    const socket = await running.openRaw();
    socket.end();
    await until(() => running.limit.open === 0, 'it is gone', 8000);
  });

  it('control queue: the answer to a close goes behind what is queued', async () => {
    await using running = await RunningRelay.start({
      settings: { control: 'queue' },
      strategy: 'drop-newest,capacity=20',
    });
    const client = await fill(running);
    const { queued, delivered, inFlight } = running.ledger();
    client.ws.close(1000);
    client.ws.resume();
    await until(() => client.closed !== undefined, 'it is closed');
    expect(client.closed?.code).toBe(1000);
    await until(() => running.limit.open === 0, 'it is gone');
    expect(running.ledger().delivered).toBe(delivered + inFlight + queued);
  });
});

describe('compression', () => {
  it.each(['context', 'no-context'] as const)(
    '%s: whatever was dropped, what comes decodes, since dropping comes first (P37)',
    async (deflate) => {
      await using running = await RunningRelay.start({
        settings: { deflate },
        strategy: 'drop-oldest,capacity=4',
      });
      const client = await running.openFrozen('/ws');
      client.ws.terminate();
      const ws = new WebSocket(`ws+unix://${running.unixPath}:/ws`, { perMessageDeflate: true });
      const received: string[] = [];
      const problems: string[] = [];
      ws.on('message', (data) => received.push(data.toString()));
      ws.on('error', (error) => problems.push(error.message));
      await once(ws, 'open');
      expect(ws.extensions).toContain('permessage-deflate');
      await until(() => running.limit.open === 1, 'it is the only one');
      ws.pause();
      // Texts that refer to those before them, and noise that fills the kernel all the same.
      const textOf = (number: number) =>
        `event ${number} ${Array.from({ length: 3000 }, (_, at) => ((number * 7919 + at * 104729) % 99991).toString(36)).join(' ')}`;
      const total = 400;
      for (let number = 0; number < total; number++) {
        await running.publish(textOf(number));
        if (number % 10 === 0) await new Promise(setImmediate);
      }
      await until(() => running.ledger().dropped['overflow.drop-oldest'] !== undefined, 'some are dropped');
      ws.resume();
      await until(
        () => received.some((text) => text.startsWith(`event ${total - 1} `)),
        'the newest is there',
      );
      expect(problems).toEqual([]);
      expect(received.length).toBe(running.ledger().delivered);
      for (const text of received) expect(text).toBe(textOf(Number(text.split(' ')[1])));
      ws.terminate();
    },
  );

  it('an inflated message has 1 MiB at most, whatever it has on the wire', async () => {
    await using running = await RunningRelay.start({ settings: { deflate: 'context' } });
    for (const [bytes, code] of [
      [1024 * 1024 + 1, 1009],
      [64 * 1024 * 1024, 1009],
    ] as const) {
      const ws = new WebSocket(`${running.url}/echo`, { perMessageDeflate: true });
      ws.on('error', () => {});
      await once(ws, 'open');
      ws.send(Buffer.alloc(bytes));
      expect((await once(ws, 'close'))[0]).toBe(code);
    }
  });
});
