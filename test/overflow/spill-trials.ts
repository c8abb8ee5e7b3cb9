/** Spilling in small steps, for the tests of `P32` and their mutants. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import type { SpillFiles } from '../../src/system/channel/spill-files.ts';
import { SEGMENT_HEADER_BYTES } from '../../src/system/channel/spill-segment.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { configure } from './configurations.ts';
import { MemoryFiles } from './memory-files.ts';
import { makeItem, Probe } from './probe.ts';

export const FOLDER = '/spill';

export interface SpillTrial {
  readonly channel: Channel<number>;
  readonly clock: ReturnType<typeof createVirtualClock>;
  /** `-3` left memory, `+3` came back. */
  readonly moves: string[];
  readonly ends: string[];
}

export function openSpill(
  files: SpillFiles,
  params: Params = {},
  { capacityItems = 2, policy = OVERFLOW_POLICIES.spill as OverflowPolicy, directory = FOLDER } = {},
): SpillTrial {
  const clock = createVirtualClock();
  const moves: string[] = [];
  const ends: string[] = [];
  const channel = createChannel<number>({
    overflow: configure(policy, params),
    capacityItems,
    capacityBytes: 0,
    clock,
    onEnd: (item, end, reason) => ends.push(`${item} ${end} ${reason}`.trim()),
    spill: {
      directory,
      files,
      encode: (item) => Buffer.from(`item ${item}`),
      decode: (bytes) => Number(Buffer.from(bytes).toString().slice('item '.length)),
      onLeave: (item) => moves.push(`-${item}`),
      onReturn: (item) => moves.push(`+${item}`),
    },
  });
  return { channel, clock, moves, ends };
}

export function offerAll(channel: Channel<number>, items: readonly number[]): string[] {
  return items.map((item) => {
    const outcome = channel.offer(item);
    return typeof outcome === 'string' ? outcome : 'waits';
  });
}

export function takeAll(channel: Channel<number>): number[] {
  const items: number[] = [];
  for (let item = channel.tryTake(); item !== undefined; item = channel.tryTake()) {
    items.push(item);
    channel.delivered(item);
  }
  return items;
}

/** Offers the rest while taking every second time: items pass memory, disk and both. */
export function findOrderProblem(): string | undefined {
  const { channel } = openSpill(new MemoryFiles(), { segmentBytes: 120 });
  const taken: number[] = [];
  for (let item = 1; item <= 40; item++) {
    channel.offer(item);
    const next = item % 3 === 0 ? channel.tryTake() : undefined;
    if (next !== undefined) taken.push(next);
  }
  while (channel.depthItems > 0) taken.push(channel.tryTake() as number);
  const wanted = Array.from({ length: 40 }, (_, index) => index + 1);
  return String(taken) === String(wanted) ? undefined : `P32: took ${taken}`;
}

/** Six items on disk, in files of two each. */
export function writeSix(files: SpillFiles, directory = FOLDER, params: Params = {}): void {
  const { channel } = openSpill(
    files,
    { fsync: 'always', segmentBytes: 120, ...params },
    { capacityItems: 1, directory },
  );
  offerAll(channel, [0, 1, 2, 3, 4, 5, 6]);
}

/** One byte of what a crash left behind, by file and place. */
export interface Damage {
  readonly path: string;
  readonly at: number;
  readonly how: 'cut' | 'flip';
  /** Records before it. */
  readonly sound: number;
}

/** Every byte of every file, cut off from there on or turned round. */
export function everyDamage(files: MemoryFiles): Damage[] {
  const damages: Damage[] = [];
  let before = 0;
  for (const path of [...files.byPath.keys()].toSorted()) {
    const { length } = (files.byPath.get(path) as { content: Buffer }).content;
    const ends = recordEnds(files, path);
    for (let at = 0; at < length; at++) {
      const sound = before + ends.filter((end) => end <= at).length;
      damages.push({ path, at, how: 'flip', sound });
      // A file cut where a record ends is whole as far as it goes: what follows is missing all the same.
      damages.push({ path, at, how: 'cut', sound });
    }
    before += ends.length;
  }
  return damages;
}

export function damaged(files: MemoryFiles, { path, at, how }: Damage): MemoryFiles {
  const after = files.crash(true);
  const file = after.byPath.get(path) as { content: Buffer };
  if (how === 'cut') file.content = file.content.subarray(0, at);
  else file.content[at] = (file.content[at] as number) ^ 0x5a;
  return after;
}

function recordEnds(files: MemoryFiles, path: string): number[] {
  const { content } = files.byPath.get(path) as { content: Buffer };
  const ends: number[] = [];
  for (let at = SEGMENT_HEADER_BYTES; at < content.length; at += 40 + content.readUInt32LE(at + 4)) {
    ends.push(at + 40 + content.readUInt32LE(at + 4));
  }
  return ends;
}

/** What a new queue on the same folder delivers. */
export function recoverItems(files: SpillFiles): number[] {
  const { channel } = openSpill(files, { fsync: 'always', segmentBytes: 120 });
  return takeAll(channel);
}

/** `P32`: whatever byte is damaged after a loss of power, exactly the records before it come back. */
export function findRecoveryProblem(
  recover: (files: MemoryFiles) => number[] = recoverItems,
  params: Params = {},
): string | undefined {
  const files = new MemoryFiles();
  writeSix(files, FOLDER, params);
  const crashed = files.crash(true);
  if (crashed.byPath.size !== 3) return `P32: ${crashed.byPath.size} files are left, not 3`;
  for (const damage of [...everyDamage(crashed), undefined]) {
    const items = recover(damage === undefined ? crashed : damaged(crashed, damage));
    const wanted = [1, 2, 3, 4, 5, 6].slice(0, damage?.sound ?? 6);
    if (String(items) !== String(wanted)) return `P32: ${JSON.stringify(damage)}: ${items}, not ${wanted}`;
  }
  return undefined;
}

/** `P32`: while anything is on disk a new item must not go into memory, though there is room for it. */
export function findOvertakingProblem(policy?: OverflowPolicy): string | undefined {
  const spill = policy ?? OVERFLOW_POLICIES.spill;
  const probe = new Probe(configure(spill), { capacityItems: 9, capacityBytes: 100 });
  [60, 60, 1].forEach((bytes, index) => {
    probe.offer(makeItem(index + 1, { bytes }));
  });
  probe.drain();
  const ids = probe.delivered.map(({ id }) => id).join(' ');
  return ids === '1 2 3' ? undefined : `P32: took ${ids}`;
}
