/** One file of spilled records, and the finding of the sound ones in a file that a crash left behind. */
import { crc32 } from 'node:zlib';
import { CLASS_COUNT } from './entry.ts';
import type { SpillFiles } from './spill-files.ts';
import { isWhole, RECORD_HEADER_BYTES, readFacts, recordBytes, type SpilledFacts } from './spill-record.ts';

/**
 *    0  CRC-32 of the rest
 *    4  "BPBS"
 *    8  number of the file: one under another's name holds nothing
 *   12  number of its first record, a double
 *
 * Records are numbered through all files. That is how a file shows that the one before it lacks some, also
 * where it was cut off between two records.
 */
export const SEGMENT_HEADER_BYTES = 20;
const MAGIC = 0x53425042;

export interface Segment {
  readonly path: string;
  readonly number: number;
  firstRecord: number;
  /** Left by an earlier life: nothing is appended to it. */
  readonly isRecovered: boolean;
  /** Its file while it is open. */
  file: number | undefined;
  /** End of the last sound record. */
  bytes: number;
  /** Where the next record to be read starts. */
  readAt: number;
  /** Records that have not been read, their cost, and how many there are of each class. */
  items: number;
  costBytes: number;
  readonly classes: number[];
  next: Segment | undefined;
}

export function createSegment(path: string, number: number, isRecovered: boolean): Segment {
  return {
    path,
    number,
    firstRecord: 0,
    isRecovered,
    file: undefined,
    bytes: SEGMENT_HEADER_BYTES,
    readAt: SEGMENT_HEADER_BYTES,
    items: 0,
    costBytes: 0,
    classes: new Array(CLASS_COUNT).fill(0),
    next: undefined,
  };
}

export function countRecord(segment: Segment, facts: Pick<SpilledFacts, 'cost' | 'class'>, by: 1 | -1): void {
  segment.items += by;
  segment.costBytes += by * facts.cost;
  segment.classes[facts.class] = (segment.classes[facts.class] as number) + by;
}

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.spill`;
}

/** The number in a name that `segmentName` made; `undefined` for any other file. */
export function numberOf(name: string): number | undefined {
  return /^\d{8,15}\.spill$/.test(name) ? Number.parseInt(name, 10) : undefined;
}

export function writeSegmentHeader(into: Buffer, { number, firstRecord }: Segment): void {
  into.writeUInt32LE(MAGIC, 4);
  into.writeUInt32LE(number, 8);
  into.writeDoubleLE(firstRecord, 12);
  into.writeUInt32LE(crc32(into.subarray(4, SEGMENT_HEADER_BYTES)), 0);
}

/** Counts the sound records from the beginning into `segment`, whose file is open; false without a sound header. */
export function recover(segment: Segment, files: SpillFiles): boolean {
  const file = segment.file as number;
  const content = Buffer.alloc(files.size(file));
  const size = files.read(file, content, content.length, 0);
  if (size < SEGMENT_HEADER_BYTES) return false;
  if (content.readUInt32LE(0) !== crc32(content.subarray(4, SEGMENT_HEADER_BYTES))) return false;
  if (content.readUInt32LE(4) !== MAGIC || content.readUInt32LE(8) !== segment.number) return false;
  segment.firstRecord = content.readDoubleLE(12);
  const facts: SpilledFacts = { offeredNs: 0, seq: 0, cost: 0, weight: 1, class: 0 };
  while (segment.bytes + RECORD_HEADER_BYTES <= size) {
    const bytes = recordBytes(content, segment.bytes);
    if (segment.bytes + bytes > size || !isWhole(content, segment.bytes, bytes)) break;
    readFacts(content, segment.bytes, facts);
    countRecord(segment, facts, 1);
    segment.bytes += bytes;
  }
  return true;
}
