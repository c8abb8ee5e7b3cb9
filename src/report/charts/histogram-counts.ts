/**
 * Reads the counts of an encoded histogram without building one: the charts of ten minutes need twenty thousand of them,
 * which take the library 2.6 s and this 0.4 s.
 *
 * Source: HdrHistogram's V2 encoding: a header of 40 bytes, then ZigZag LEB128 numbers, of which a negative one stands for
 * so many empty slots. `core/histogram.ts` writes it, always with a lowest value of 1 µs and three digits.
 */
import { inflateSync } from 'node:zlib';

/** What was counted, and how often: slots (see {@link slotValueUs}) rise, counts are above 0. */
export interface HistogramCounts {
  readonly slots: Uint32Array;
  readonly counts: Float64Array;
}

const COMPRESSED_COOKIE = 0x1c849304;
const COOKIE = 0x1c849303;
const HEADER_BYTES = 40;
const DIGITS = 3;
/** Slots of one microsecond; from there on half as many for each doubling. */
const SUB_SLOTS = 2048;
/** Up to 2^53 µs. */
const MAX_SLOTS = (SUB_SLOTS / 2) * 44;
const MAX_BYTES = HEADER_BYTES + MAX_SLOTS * 9;

const slotScratch = new Uint32Array(MAX_SLOTS);
const countScratch = new Float64Array(MAX_SLOTS);

/** Throws on text that is no such histogram. */
export function decodeCounts(base64: string): HistogramCounts {
  const packed = Buffer.from(base64, 'base64');
  if (packed.length < 8 || !hasCookie(packed, COMPRESSED_COOKIE)) {
    throw new RangeError('expected a compressed V2 histogram');
  }
  // Most are less than a kilobyte; the default chunk of 16 costs more time than it saves.
  const options = { maxOutputLength: MAX_BYTES, chunkSize: 2048 };
  const plain = inflateSync(packed.subarray(8, 8 + packed.readUInt32BE(4)), options);
  if (plain.length < HEADER_BYTES || !hasCookie(plain, COOKIE))
    throw new RangeError('expected a V2 histogram');
  const [digits, lowest] = [plain.readUInt32BE(12), plain.readBigUInt64BE(16)];
  if (digits !== DIGITS || lowest !== 1n) {
    throw new RangeError(`expected ${DIGITS} digits from 1 on, got ${digits} from ${lowest} on`);
  }
  const size = readSlots(plain, Math.min(plain.length, HEADER_BYTES + plain.readUInt32BE(4)));
  return keep(size);
}

/** Rooms for many histograms each: twenty thousand small buffers would keep the garbage collector busy. */
const ROOM = 65_536;
let slotRoom = new Uint32Array(ROOM);
let countRoom = new Float64Array(ROOM);
let taken = 0;

/** What stands in the scratch arrays, where it may stay. */
function keep(size: number): HistogramCounts {
  if (taken + size > ROOM) {
    slotRoom = new Uint32Array(ROOM);
    countRoom = new Float64Array(ROOM);
    taken = 0;
  }
  slotRoom.set(slotScratch.subarray(0, size), taken);
  countRoom.set(countScratch.subarray(0, size), taken);
  const [from, to] = [taken, taken + size];
  taken = to;
  return { slots: slotRoom.subarray(from, to), counts: countRoom.subarray(from, to) };
}

/** Into the scratch arrays; how many. */
function readSlots(plain: Buffer, end: number): number {
  let size = 0;
  let slot = 0;
  for (let at = HEADER_BYTES; at < end; ) {
    let zigzag = 0;
    let weight = 1;
    for (; at < end; at++) {
      const byte = plain[at] as number;
      zigzag += (byte & 0x7f) * weight;
      weight *= 128;
      if (byte < 0x80) break;
    }
    at++;
    if (zigzag % 2 === 1) slot += (zigzag + 1) / 2;
    else {
      if (slot >= MAX_SLOTS) throw new RangeError(`a histogram has at most ${MAX_SLOTS} slots`);
      if (zigzag > 0) {
        slotScratch[size] = slot;
        countScratch[size++] = zigzag / 2;
      }
      slot++;
    }
  }
  return size;
}

/** The low half byte of a cookie's second byte is the word size. */
function hasCookie(bytes: Buffer, cookie: number): boolean {
  return (bytes.readUInt32BE(0) & ~0xf0) >>> 0 === (cookie & ~0xf0) >>> 0;
}

/** The lowest value of a slot, in microseconds. */
export function slotValueUs(slot: number): number {
  const half = SUB_SLOTS / 2;
  const bucket = Math.max(0, Math.floor(slot / half) - 1);
  return (slot - bucket * half) * 2 ** bucket;
}

const sums = new Float64Array(MAX_SLOTS);

/** All counts of several histograms in one. */
export function mergeCounts(parts: readonly HistogramCounts[]): HistogramCounts {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  let used = 0;
  for (const { slots, counts } of parts) {
    for (let at = 0; at < slots.length; at++) {
      const slot = slots[at] as number;
      sums[slot] = (sums[slot] as number) + (counts[at] as number);
    }
    used = Math.max(used, (slots.at(-1) ?? -1) + 1);
  }
  let size = 0;
  for (let slot = 0; slot < used; slot++) {
    const count = sums[slot] as number;
    if (count === 0) continue;
    slotScratch[size] = slot;
    countScratch[size++] = count;
    sums[slot] = 0;
  }
  return keep(size);
}

export function totalCount({ counts }: HistogramCounts): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/**
 * The values in milliseconds below which these shares (rising, 0 to 1) of the samples lie: of each the smallest value
 * that so many samples do not exceed, as the upper edge of its slot. `null` without samples.
 */
export function quantilesMs(histogram: HistogramCounts, shares: readonly number[]): (number | null)[] {
  const total = totalCount(histogram);
  if (total === 0) return shares.map(() => null);
  let seen = 0;
  let at = -1;
  return shares.map((share) => {
    const rank = Math.min(total, Math.max(1, Math.ceil(share * total - 1e-9)));
    while (seen < rank) seen += histogram.counts[++at] ?? Number.POSITIVE_INFINITY;
    return (slotValueUs((histogram.slots[at] ?? 0) + 1) - 1) / 1000;
  });
}
