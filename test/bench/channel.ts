/**
 * `npm run bench:channel`: what an item costs in the channel, the rings and the histogram, beside the packages
 * that people would take, on the same work in one run. Read the ratios: absolute times are those of the machine.
 * The peers count nothing, bound nothing unless said, and have no reasons; that is what the difference buys.
 */
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createHistogram } from 'node:perf_hooks';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Denque from 'denque';
import fastq from 'fastq';
import hdr from 'hdr-histogram-js';
import { bench, do_not_optimize, run } from 'mitata';
import { CircularBuffer } from 'mnemonist';
import PQueue from 'p-queue';
import YoctoQueue from 'yocto-queue';
import type { BoundaryName } from '../../src/core/boundary.ts';
import { createHostClock, takeEpochNs } from '../../src/core/clock.ts';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import { createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { buildChannel } from '../../src/system/strategies/build.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';

interface Item {
  readonly bytes: number;
  readonly key: number;
}

interface Entry {
  readonly name: string;
  /** Does the operation {@link BATCH} times: one of them is too short to be timed. */
  readonly work: () => unknown;
}

interface Group {
  readonly title: string;
  /** The first is what the others are compared with. */
  readonly entries: readonly Entry[];
}

const CAPACITY = 64;
const BATCH = 1000;
const RECEIVERS = BATCH;
const clock = createHostClock(takeEpochNs());
const item: Item = { bytes: 200, key: 1 };

const open = (overflow: OverflowPolicy): Channel<Item> =>
  createChannel<Item>({ overflow, capacityItems: CAPACITY, clock, keyOf: (one) => one.key });
const build = (text: string, boundary: BoundaryName = 'proxy.requests'): Channel<Item> =>
  buildChannel<Item>(parseStrategy(text, boundary), {
    clock,
    sizeOf: (one) => one.bytes,
    keyOf: (one) => one.key,
    flowOf: (one) => one.key,
  });

function repeat(operation: () => void): () => void {
  return () => {
    for (let i = 0; i < BATCH; i++) operation();
  };
}

function cycle(name: string, channel: Channel<Item>): Entry {
  return {
    name,
    work: repeat(() => {
      channel.offer(item);
      channel.delivered(channel.tryTake() as Item);
    }),
  };
}

function offerToFull(name: string, channel: Channel<Item>): Entry {
  for (let i = 0; i < CAPACITY; i++) channel.offer({ bytes: 200, key: i });
  return { name, work: repeat(() => do_not_optimize(channel.offer(item))) };
}

const BOUNDED = Object.values<OverflowPolicy>(OVERFLOW_POLICIES).filter(
  (policy) => policy.specimen !== true && policy.name !== 'spill' && policy.name !== 'drop-oldest',
);

function cycles(): Group {
  const deque = new Denque<Item>([], { capacity: CAPACITY });
  const circular = new CircularBuffer<Item>(Array, CAPACITY);
  const yocto = new YoctoQueue<Item>();
  const array: Item[] = [];
  return {
    title: 'offer, take, delivered: one item through an empty queue',
    entries: [
      cycle('drop-oldest', open(OVERFLOW_POLICIES['drop-oldest'])),
      ...BOUNDED.map((policy) => cycle(policy.name, open(policy))),
      ...[
        'drop-oldest + codel',
        'drop-oldest + strict-priority',
        'drop-oldest + drr',
        'drop-oldest + fq-codel',
        'token-bucket,rate=1000k/s,burst=1000000 + drop-oldest',
      ].map((text) => cycle(text, build(text))),
      cycle('drop-oldest + disconnect-bytes', build('drop-oldest + disconnect-bytes', 'sse.client')),
      {
        name: 'denque push, shift',
        work: repeat(() => {
          deque.push(item);
          do_not_optimize(deque.shift());
        }),
      },
      {
        name: 'mnemonist CircularBuffer',
        work: repeat(() => {
          circular.push(item);
          do_not_optimize(circular.shift());
        }),
      },
      {
        name: 'yocto-queue',
        work: repeat(() => {
          yocto.enqueue(item);
          do_not_optimize(yocto.dequeue());
        }),
      },
      {
        name: 'Array push, shift',
        work: repeat(() => {
          array.push(item);
          do_not_optimize(array.shift());
        }),
      },
    ],
  };
}

function fullQueues(): Group {
  const deque = new Denque<Item>(Array(CAPACITY).fill(item), { capacity: CAPACITY });
  const circular = new CircularBuffer<Item>(Array, CAPACITY);
  for (let i = 0; i < CAPACITY; i++) circular.push(item);
  const array = Array<Item>(CAPACITY).fill(item);
  const dropping = BOUNDED.filter((policy) => policy.effects.drops && policy.name !== 'fail');
  return {
    title: 'offer to a full queue of 64: one item lost',
    entries: [
      offerToFull('drop-oldest', open(OVERFLOW_POLICIES['drop-oldest'])),
      ...dropping.map((policy) => offerToFull(policy.name, open(policy))),
      {
        name: 'denque, capacity 64',
        work: repeat(() => {
          deque.shift();
          do_not_optimize(deque.push(item));
        }),
      },
      { name: 'mnemonist CircularBuffer', work: repeat(() => do_not_optimize(circular.push(item))) },
      {
        name: 'Array shift, push',
        work: repeat(() => {
          array.shift();
          do_not_optimize(array.push(item));
        }),
      },
    ],
  };
}

function handOff(): Group {
  const channel = open(OVERFLOW_POLICIES.block);
  const callback = fastq((_: Item, done: (error: Error | null) => void) => done(null), 1);
  const promised = fastq.promise(async (_: Item) => {}, 1);
  const queue = new PQueue({ concurrency: 1 });
  const entries: Entry[] = [
    {
      name: 'channel: take waits, offer hands over',
      work: async () => {
        for (let i = 0; i < BATCH; i++) {
          const taken = channel.take();
          channel.offer(item);
          channel.delivered((await taken) as Item);
        }
      },
    },
    {
      name: 'channel: offer first, take at once',
      work: async () => {
        for (let i = 0; i < BATCH; i++) {
          channel.offer(item);
          const taken = channel.take();
          channel.delivered((taken instanceof Promise ? await taken : taken) as Item);
        }
      },
    },
    {
      name: 'fastq, callbacks',
      work: () =>
        new Promise<void>((resolve) => {
          for (let i = 1; i < BATCH; i++) callback.push(item, () => {});
          callback.push(item, () => resolve());
        }),
    },
    {
      name: 'fastq.promise',
      work: async () => {
        for (let i = 0; i < BATCH; i++) await promised.push(item);
      },
    },
    {
      name: 'p-queue',
      work: async () => {
        for (let i = 0; i < BATCH; i++) await queue.add(async () => item);
      },
    },
    {
      name: 'PassThrough, objects',
      work: () =>
        new Promise<void>((resolve) => {
          const stream = new PassThrough({ objectMode: true, highWaterMark: CAPACITY });
          let seen = 0;
          stream.on('data', () => ++seen === BATCH && resolve());
          for (let i = 0; i < BATCH; i++) stream.write(item);
        }),
    },
    {
      name: 'web TransformStream',
      work: async () => {
        const { readable, writable } = new TransformStream<Item, Item>();
        const [writer, reader] = [writable.getWriter(), readable.getReader()];
        for (let i = 0; i < BATCH; i++) {
          void writer.write(item);
          await reader.read();
        }
      },
    },
  ];
  return {
    title: `hand an item to a waiting consumer, ${BATCH} times`,
    entries,
  };
}

function broadcast(): Group {
  const ring = createBroadcastRing<Item>({ capacityItems: 256 });
  const receivers = Array.from({ length: RECEIVERS }, () => ring.subscribe());
  const channels = Array.from({ length: RECEIVERS }, () => open(OVERFLOW_POLICIES['drop-oldest']));
  const deques = Array.from({ length: RECEIVERS }, () => new Denque<Item>([], { capacity: 256 }));
  const emitter = new EventEmitter().setMaxListeners(0);
  let heard = 0;
  for (let i = 0; i < RECEIVERS; i++) emitter.on('item', () => heard++);
  const entries: Entry[] = [
    {
      name: 'broadcast ring, a cursor each',
      work: () => {
        ring.publish(item);
        for (const receiver of receivers) do_not_optimize(receiver.tryTake());
      },
    },
    {
      name: 'a channel each',
      work: () => {
        for (const channel of channels) channel.offer(item);
        for (const channel of channels) channel.delivered(channel.tryTake() as Item);
      },
    },
    {
      name: 'a denque each',
      work: () => {
        for (const deque of deques) deque.push(item);
        for (const deque of deques) do_not_optimize(deque.shift());
      },
    },
    { name: 'EventEmitter, no queue at all', work: () => do_not_optimize(emitter.emit('item', item)) },
  ];
  return {
    title: `one item to ${RECEIVERS} receivers, per receiver`,
    entries,
  };
}

function histograms(): Group {
  const ours = new LatencyHistogram();
  const packed = hdr.build({ bitBucketSize: 'packed' });
  const native = createHistogram();
  let us = 1;
  const next = (): number => {
    us = (us * 16_807) % 2_147_483_647;
    return (us & 0xfffff) + 1;
  };
  return {
    title: 'record one latency',
    entries: [
      { name: 'LatencyHistogram (hdr-histogram-js, 32 bit)', work: repeat(() => ours.recordUs(next())) },
      { name: 'hdr-histogram-js, packed', work: repeat(() => packed.recordValue(next())) },
      { name: 'perf_hooks', work: repeat(() => native.record(next())) },
    ],
  };
}

interface Measured {
  /** Median. */
  readonly ns: number;
  readonly bytes: number;
}

const GROUPS: readonly (() => Group)[] = [cycles, fullQueues, handOff, broadcast, histograms];

/** In a process of its own: what other entries have taught the compiler must not count. */
async function measureHere(group: number, entry: number): Promise<void> {
  const { entries } = (GROUPS[group] as () => Group)();
  bench((entries[entry] as Entry).work).gc('inner');
  const { benchmarks } = await run({ format: 'quiet' });
  const stats = benchmarks[0]?.runs[0]?.stats;
  if (stats === undefined) throw new Error('nothing was measured');
  const measured: Measured = { ns: stats.p50 / BATCH, bytes: (stats.heap?.min ?? 0) / BATCH };
  process.stdout.write(JSON.stringify(measured));
}

function measure(group: number, entry: number): Measured {
  const args = ['--expose-gc', fileURLToPath(import.meta.url), String(group), String(entry)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
}

function measureAll(only: string | undefined): void {
  const report: { title: string; rows: (Measured & { name: string; ratio: number })[] }[] = [];
  for (const [index, group] of GROUPS.entries()) {
    const { title, entries } = group();
    if (only !== undefined && !title.includes(only)) continue;
    process.stdout.write(`\n${title}\n${''.padEnd(56)}     ns  ratio  bytes\n`);
    const rows: (Measured & { name: string; ratio: number })[] = [];
    for (const [at, { name }] of entries.entries()) {
      const { ns, bytes } = measure(index, at);
      const ratio = ns / (rows[0]?.ns ?? ns);
      rows.push({ name, ns, bytes, ratio });
      const cells = [ns.toFixed(1).padStart(6), ratio.toFixed(2).padStart(6), bytes.toFixed(0).padStart(6)];
      process.stdout.write(`  ${name.padEnd(54)} ${cells.join(' ')}\n`);
    }
    report.push({ title, rows });
  }
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown' };
  process.stdout.write(`\nNode ${machine.node}, ${machine.cpu}\n`);
  const folder = fileURLToPath(new URL('../../results/bench/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}channel.json`, `${JSON.stringify({ ...machine, report }, null, 2)}\n`);
}

const [first, second] = process.argv.slice(2);
if (second === undefined) measureAll(first);
else await measureHere(Number(first), Number(second));
