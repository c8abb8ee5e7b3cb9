import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/core/clock.ts';
import type { Admission } from '../../src/system/admission/admission.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import { NODE_FILES } from '../../src/system/channel/spill-files.ts';
import { SEGMENT_HEADER_BYTES } from '../../src/system/channel/spill-segment.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { MemoryFiles } from './memory-files.ts';
import { makeItem, Probe } from './probe.ts';
import { settle } from './schedules.ts';
import {
  everyDamage,
  FOLDER,
  findOrderProblem,
  findOvertakingProblem,
  findRecoveryProblem,
  offerAll,
  openSpill,
  recoverItems,
  takeAll,
  writeSix,
} from './spill-trials.ts';

const NUMBERS = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('memory and disk', () => {
  it('keeps the first in memory and the rest on disk, and says where they are', () => {
    const { channel } = openSpill(new MemoryFiles());
    expect(offerAll(channel, NUMBERS(6))).toEqual(NUMBERS(6).map(() => 'queued'));
    expect([channel.depthItems, channel.spilledItems]).toEqual([2, 4]);
    expect(channel.ledger()).toMatchObject({ offered: 6, queued: 2, spilled: 4, unaccounted: 0 });
    expect(channel.tryTake()).toBe(1);
    expect([channel.depthItems, channel.spilledItems]).toEqual([2, 3]);
  });

  it('P32: delivers in order across memory and disk, and back to memory alone', () => {
    expect(findOrderProblem()).toBeUndefined();
  });

  it('P32: sends every new item to disk while anything is there, though memory has room for it', () => {
    expect(findOvertakingProblem()).toBeUndefined();
  });

  it('tells when an item leaves memory and when it is back, once each and in this order', () => {
    const { channel, moves } = openSpill(new MemoryFiles());
    offerAll(channel, NUMBERS(4));
    expect(moves).toEqual(['-3', '-4']);
    takeAll(channel);
    expect(moves).toEqual(['-3', '-4', '+3', '+4']);
  });

  it('deletes a file when all of it has been read, and every file after close and drain', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { segmentBytes: 120 });
    offerAll(channel, NUMBERS(8));
    expect([...files.byPath.keys()]).toEqual([1, 2, 3].map((n) => `${FOLDER}/0000000${n}.spill`));
    for (let i = 0; i < 2; i++) channel.tryTake();
    expect(files.byPath.size).toBe(2);
    channel.close();
    takeAll(channel);
    expect([files.byPath.size, files.openFiles.size]).toEqual([0, 0]);
  });

  it('keeps at most two files open, however many there are', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { segmentBytes: 1 });
    offerAll(channel, NUMBERS(50));
    expect([files.byPath.size, files.openFiles.size]).toEqual([48, 2]);
    channel.tryTake();
    expect(files.openFiles.size).toBe(2);
  });

  it('tells the end of every item that is discarded, those on disk included', () => {
    const files = new MemoryFiles();
    const { channel, ends, moves } = openSpill(files);
    offerAll(channel, NUMBERS(5));
    expect(channel.discardQueued('shutdown')).toBe(5);
    expect(ends).toEqual(NUMBERS(5).map((item) => `${item} dropped shutdown`));
    expect(moves.filter((move) => move.startsWith('+')).length).toBe(3);
    channel.close();
    expect(files.byPath.size).toBe(0);
  });

  it('drops what expired on disk when it is about to leave, and answers the next that has not', () => {
    const clock = createVirtualClock();
    const channel = createChannel<number>({
      overflow: OVERFLOW_POLICIES.spill,
      capacityItems: 1,
      clock,
      stages: { ttlMs: 10 },
      spill: { ...numbersOf(new MemoryFiles()) },
    });
    offerAll(channel, [1, 2, 3]);
    clock.advanceNs(11e6);
    channel.offer(4);
    expect(channel.tryTake()).toBe(4);
    expect(channel.ledger()).toMatchObject({ dropped: { ttl: 3 }, inFlight: 1, spilled: 0, unaccounted: 0 });
  });

  it('gives an admission its permit back for every item that ends, lost ones included', () => {
    const files = new MemoryFiles();
    let permits = 0;
    const admission: Admission = {
      admit: () => {
        permits++;
        return undefined;
      },
      onEnd: () => void permits--,
    };
    const channel = createChannel<number>({
      overflow: OVERFLOW_POLICIES.spill,
      capacityItems: 1,
      clock: createVirtualClock(),
      stages: { admission: [admission] },
      spill: { ...numbersOf(files) },
    });
    offerAll(channel, NUMBERS(5));
    expect(permits).toBe(5);
    files.failAll('EIO');
    expect(takeAll(channel)).toEqual([1]);
    expect(channel.ledger()).toMatchObject({ delivered: 1, dropped: { disk_full: 4 }, unaccounted: 0 });
    expect(permits).toBe(0);
  });
});

describe('a disk that is full', () => {
  const RECORD_BYTES = 40 + 'item 1'.length;
  const room = {
    diskBytes: SEGMENT_HEADER_BYTES + 2 * RECORD_BYTES,
    segmentBytes: SEGMENT_HEADER_BYTES + 2 * RECORD_BYTES,
  };

  it('makes the producer wait, and takes its item in as soon as a file has been read', async () => {
    const { channel } = openSpill(new MemoryFiles(), room, { capacityItems: 1 });
    expect(offerAll(channel, [1, 2, 3, 4, 5])).toEqual(['queued', 'queued', 'queued', 'waits', 'waits']);
    expect(channel.ledger()).toMatchObject({ queued: 1, spilled: 2, blocked: 2 });
    expect(takeAll(channel)).toEqual([1, 2, 3, 4, 5]);
    await settle();
    expect(channel.waiters).toBe(0);
  });

  it('lets nobody who waits overtake what is on disk, though memory has room for that one', async () => {
    const files = new MemoryFiles();
    const probe = new Probe(OVERFLOW_POLICIES.spill, {
      capacityItems: 9,
      capacityBytes: 100,
      spill: spillOf(files),
    });
    probe.offer(makeItem(1, { bytes: 60 }));
    probe.offer(makeItem(2, { bytes: 60 }));
    files.faults.write = 'ENOSPC';
    expect(probe.offer(makeItem(3, { bytes: 70 }), true)).toBe('waits');
    expect(probe.offer(makeItem(4, { bytes: 1 }))).toBe('waits');
    probe.aborts[0]?.abort();
    probe.drain();
    await settle();
    expect(probe.delivered.map(({ id }) => id)).toEqual([1, 2, 4]);
  });

  it('or drops what arrives, as disk_full', () => {
    const { channel } = openSpill(new MemoryFiles(), { ...room, onDiskFull: 'drop' }, { capacityItems: 1 });
    expect(offerAll(channel, [1, 2, 3, 4])).toEqual(['queued', 'queued', 'queued', 'dropped']);
    expect(channel.ledger().dropped).toEqual({ disk_full: 1 });
    expect(takeAll(channel)).toEqual([1, 2, 3]);
  });

  it('never holds more than diskBytes, however small the files', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { diskBytes: 500, segmentBytes: 100, onDiskFull: 'drop' });
    for (let item = 0; item < 200; item++) {
      channel.offer(item);
      if (item % 3 === 0) channel.tryTake();
      const sizes = [...files.byPath.values()].map(({ content }) => content.length);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(500);
    }
  });
});

describe('file calls that fail', () => {
  it.each(['ENOSPC', 'EACCES', 'EIO', 'EMFILE'])(
    '%s on every call drops or blocks, and crashes nobody',
    async (code) => {
      for (const onDiskFull of ['drop', 'block']) {
        const files = new MemoryFiles();
        files.failAll(code);
        const { channel } = openSpill(files, { onDiskFull });
        const answer = onDiskFull === 'drop' ? 'dropped' : 'waits';
        expect(offerAll(channel, NUMBERS(4))).toEqual(['queued', 'queued', answer, answer]);
        expect(channel.ledger().unaccounted).toBe(0);
        files.faults = {};
        channel.offer(5);
        expect(takeAll(channel)).toEqual(onDiskFull === 'drop' ? [1, 2, 5] : [1, 2, 3, 4, 5]);
        await settle();
      }
    },
  );

  it.each(['open', 'write', 'sync', 'syncFolder'] as const)(
    'a failing %s stores nothing, not even half of it',
    (call) => {
      const files = new MemoryFiles();
      const { channel } = openSpill(files, { fsync: 'always', segmentBytes: 70, onDiskFull: 'drop' });
      offerAll(channel, NUMBERS(3));
      files.faults[call] = 'EIO';
      expect(channel.offer(4)).toBe('dropped');
      files.faults = {};
      channel.offer(5);
      expect(recoverItems(files.crash(true))).toEqual([3, 5]);
      expect(takeAll(channel)).toEqual([1, 2, 3, 5]);
    },
  );

  it('a record that could not be forced to the device does not come back after a crash', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { fsync: 'always', onDiskFull: 'drop' });
    offerAll(channel, NUMBERS(3));
    files.faults.sync = 'EIO';
    expect(channel.offer(4)).toBe('dropped');
    expect(recoverItems(files.crash(false))).toEqual([3]);
  });

  it('a disk that fills in the middle of a record keeps what was before it, and goes on behind that', () => {
    for (let free = 0; free < 60; free++) {
      const files = new MemoryFiles();
      const { channel } = openSpill(files, { onDiskFull: 'drop' });
      offerAll(channel, NUMBERS(3));
      files.freeBytes = free;
      channel.offer(4);
      files.freeBytes = Number.POSITIVE_INFINITY;
      channel.offer(5);
      const wanted = free >= 46 ? [3, 4, 5] : [3, 5];
      expect(recoverItems(files.crash(false))).toEqual(wanted);
      expect(takeAll(channel)).toEqual([1, 2, ...wanted]);
    }
  });

  it('a file that is damaged while in use costs what it holds, counted, and nothing behind it', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { segmentBytes: 120 });
    offerAll(channel, NUMBERS(8));
    const [, second] = files.byPath.values();
    (second as { content: Buffer }).content[20] = 0xff;
    expect(takeAll(channel)).toEqual([1, 2, 3, 4, 7, 8]);
    expect(channel.ledger()).toMatchObject({ delivered: 6, dropped: { disk_full: 2 }, unaccounted: 0 });
  });

  it('counts an item that cannot be decoded as failed, and goes on', () => {
    const files = new MemoryFiles();
    const options = numbersOf(files);
    const channel = createChannel<number>({
      overflow: OVERFLOW_POLICIES.spill,
      capacityItems: 1,
      clock: createVirtualClock(),
      spill: {
        ...options,
        decode: (bytes) => {
          const item = options.decode(bytes);
          if (item === 3) throw new Error('no such item');
          return item;
        },
      },
    });
    offerAll(channel, NUMBERS(4));
    expect(takeAll(channel)).toEqual([1, 2, 4]);
    expect(channel.ledger()).toMatchObject({ failed: { policy_error: 1 }, unaccounted: 0 });
  });

  it('fails an item that cannot be encoded, and lets its producer hear of it', () => {
    const channel = createChannel<number>({
      overflow: OVERFLOW_POLICIES.spill,
      capacityItems: 1,
      clock: createVirtualClock(),
      spill: {
        ...numbersOf(new MemoryFiles()),
        encode: () => {
          throw new Error('cannot be written');
        },
      },
    });
    channel.offer(1);
    expect(() => channel.offer(2)).toThrow('cannot be written');
    expect(channel.ledger()).toMatchObject({ queued: 1, failed: { policy_error: 1 }, unaccounted: 0 });
  });
});

describe('fsync', () => {
  it.each([
    ['always', 0, [3, 4, 5]],
    ['never', 500, []],
    ['interval', 99, []],
    ['interval', 100, [3, 4, 5]],
  ] as const)('%s: after %d ms a loss of power leaves %j', (fsync, ms, left) => {
    const files = new MemoryFiles();
    const { channel, clock } = openSpill(files, { fsync });
    offerAll(channel, NUMBERS(5));
    clock.advanceNs(ms * 1e6);
    expect(recoverItems(files.crash(true))).toEqual(left);
  });

  it('interval: forces as often as that, however many items come', () => {
    const files = new MemoryFiles();
    const { channel, clock } = openSpill(files, { fsync: 'interval' });
    for (let ms = 0; ms < 1000; ms++) {
      channel.offer(ms);
      clock.advanceNs(1e6);
    }
    expect(files.syncs).toBeGreaterThanOrEqual(9);
    expect(files.syncs).toBeLessThanOrEqual(10);
  });

  it('never: forces nothing, at a new file neither', () => {
    const files = new MemoryFiles();
    const { channel } = openSpill(files, { segmentBytes: 1 });
    offerAll(channel, NUMBERS(20));
    expect(files.syncs).toBe(0);
  });
});

describe('P32: after a crash', () => {
  it('damage at any byte of any file leaves exactly the records before it', () => {
    expect(findRecoveryProblem()).toBeUndefined();
  });

  it('what is recovered is offered again, taken first, and keeps its class', () => {
    const files = new MemoryFiles();
    const first = new Probe(OVERFLOW_POLICIES.spill, { capacityItems: 1, spill: spillOf(files) });
    for (const id of [1, 2, 3]) first.offer(makeItem(id, { class: id }));
    const second = new Probe(OVERFLOW_POLICIES.spill, {
      capacityItems: 1,
      spill: spillOf(files.crash(false)),
    });
    second.offer(makeItem(4, { class: 0 }));
    expect(second.channel.ledger()).toMatchObject({ offered: 3, queued: 1, spilled: 2, unaccounted: 0 });
    second.drain();
    expect(second.delivered.map(({ id }) => id)).toEqual([2, 3, 4]);
    const classes = {};
    second.channel.addClassesTo(classes);
    expect(Object.keys(classes)).toEqual(['0', '2', '3']);
  });

  it('what is behind damage is cut off, so that a second crash loses nothing of what came after', () => {
    const files = new MemoryFiles();
    writeSix(files);
    const crashed = files.crash(true);
    const damage = everyDamage(crashed).find(({ sound, how }) => sound === 3 && how === 'flip');
    const path = damage?.path as string;
    const content = crashed.byPath.get(path)?.content as Buffer;
    content[damage?.at as number] = 0xee;
    const before = content.length;
    const { channel } = openSpill(crashed, { fsync: 'always' }, { capacityItems: 1 });
    expect(crashed.byPath.get(path)?.content.length).toBeLessThan(before);
    offerAll(channel, [7, 8]);
    expect(recoverItems(crashed.crash(true))).toEqual([1, 2, 3, 7, 8]);
  });

  it('a queue with a smaller byte bound drops what can never fit in it', () => {
    const files = new MemoryFiles();
    const first = new Probe(OVERFLOW_POLICIES.spill, { capacityItems: 1, spill: spillOf(files) });
    for (const [id, bytes] of [
      [1, 10],
      [2, 90],
      [3, 10],
    ] as const)
      first.offer(makeItem(id, { bytes }));
    const second = new Probe(OVERFLOW_POLICIES.spill, {
      capacityBytes: 50,
      spill: spillOf(files.crash(false)),
    });
    second.drain();
    expect(second.delivered.map(({ id }) => id)).toEqual([3]);
    expect(second.channel.ledger().dropped).toEqual({ too_large: 1 });
  });
});

describe('on a real disk', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpbench-spill-'));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true, force: true });
  });

  it('passes a thousand items in order, and leaves no file', () => {
    const { channel } = openSpill(NODE_FILES, { segmentBytes: 4096 }, { directory: join(folder, 'a/b') });
    offerAll(channel, NUMBERS(1000));
    expect(readdirSync(join(folder, 'a/b')).length).toBeGreaterThan(5);
    expect(takeAll(channel)).toEqual(NUMBERS(1000));
    channel.close();
    expect(readdirSync(join(folder, 'a/b'))).toEqual([]);
  });

  it('recovers from files as they are left behind, and leaves those of others alone', () => {
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    writeSix(NODE_FILES, folder);
    const { channel } = openSpill(NODE_FILES, {}, { directory: folder });
    expect(takeAll(channel)).toEqual([1, 2, 3, 4, 5, 6]);
    channel.close();
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('counts what is lost when the folder goes away under it', () => {
    const directory = join(folder, 'gone');
    const { channel } = openSpill(NODE_FILES, { segmentBytes: 120, onDiskFull: 'drop' }, { directory });
    offerAll(channel, NUMBERS(8));
    rmSync(directory, { recursive: true });
    offerAll(channel, [9, 10, 11, 12]);
    takeAll(channel);
    channel.close();
    const ledger = channel.ledger();
    expect(ledger.unaccounted).toBe(0);
    expect(ledger.delivered + (ledger.dropped['disk_full'] ?? 0)).toBe(12);
    expect(ledger.dropped['disk_full']).toBeGreaterThan(0);
  });

  it('takes a path that is no folder for a disk that is full', () => {
    const directory = join(folder, 'file');
    writeFileSync(directory, '');
    const { channel } = openSpill(NODE_FILES, { onDiskFull: 'drop' }, { directory });
    expect(offerAll(channel, NUMBERS(3))).toEqual(['queued', 'queued', 'dropped']);
  });

  it('two queues in folders of their own do not meet', () => {
    const channels = ['a', 'b'].map((name) => {
      mkdirSync(join(folder, name));
      return openSpill(NODE_FILES, {}, { directory: join(folder, name) }).channel;
    });
    for (const channel of channels) offerAll(channel, NUMBERS(5));
    expect(channels.map(takeAll)).toEqual([NUMBERS(5), NUMBERS(5)]);
  });
});

describe('without a folder', () => {
  it('a queue that should spill is refused when it is made', () => {
    const open = (): unknown =>
      createChannel<number>({ overflow: OVERFLOW_POLICIES.spill, clock: createVirtualClock() });
    expect(open).toThrow(
      expect.objectContaining({
        code: 'BPB_ERR_STRATEGY',
        message: expect.stringContaining('spill needs a folder'),
      }),
    );
  });
});

function spillOf(files: MemoryFiles) {
  return {
    directory: FOLDER,
    encode: (item: unknown) => Buffer.from(JSON.stringify(item)),
    decode: (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()),
    files,
  };
}

function numbersOf(files: MemoryFiles) {
  return {
    directory: FOLDER,
    encode: (item: number) => Buffer.from(String(item)),
    decode: (bytes: Uint8Array) => Number(Buffer.from(bytes).toString()),
    files,
  };
}
