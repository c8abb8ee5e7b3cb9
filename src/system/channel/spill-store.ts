/**
 * A queue of records on disk, first in first out, in numbered files of one folder.
 *
 * Records are appended to the newest file and read from the oldest; a file that has been read is deleted, and
 * that deletion is the read pointer. Opening a folder with files in it recovers their records up to the first
 * damaged one.
 *
 * Errors: none for what the file system does. An append that fails answers false, as on a full disk; records
 * that cannot be read back are handed to `onLost`.
 */
import { join } from 'node:path';
import { NS_PER_MS } from '../../core/clock.ts';
import type { SpillSettings } from '../overflow/policy.ts';
import { type SpillFiles, succeeds } from './spill-files.ts';
import {
  isWhole,
  RECORD_HEADER_BYTES,
  readFacts,
  recordBytes,
  type SpilledFacts,
  writeRecord,
} from './spill-record.ts';
import {
  countRecord,
  createSegment,
  numberOf,
  recover,
  SEGMENT_HEADER_BYTES,
  type Segment,
  segmentName,
  writeSegmentHeader,
} from './spill-segment.ts';

const SYNC_INTERVAL_NS = 100 * NS_PER_MS;
const CHUNK_BYTES = 64 * 1024;
const NO_BUFFER = Buffer.alloc(0);
const NEVER = Number.POSITIVE_INFINITY;

/** The next record. Its bytes are good until the next call. */
export interface SpilledRecord extends SpilledFacts {
  item: Uint8Array;
  /** Written in an earlier life of the folder. */
  isRecovered: boolean;
}

export class SpillStore {
  /** Records that can be read, and the cost of their items in memory. */
  items = 0;
  costBytes = 0;
  /** Size of all files. */
  diskBytes = 0;
  /** When something has to be forced to the device; Infinity for nothing. */
  syncAtNs = NEVER;

  private readonly folder: string;
  private readonly settings: SpillSettings;
  private readonly files: SpillFiles;
  private readonly onLost: (segment: Segment) => void;
  private head: Segment | undefined = undefined;
  private tail: Segment | undefined = undefined;
  private nextNumber = 1;
  private nextRecord = 0;
  private scratch = NO_BUFFER;
  /** A part of the head's file. */
  private chunk = NO_BUFFER;
  private chunkAt = 0;
  private chunkBytes = 0;
  private hasRecord = false;
  private readonly record: SpilledRecord = {
    offeredNs: 0,
    seq: 0,
    cost: 0,
    weight: 1,
    class: 0,
    item: NO_BUFFER,
    isRecovered: false,
  };

  constructor(
    folder: string,
    settings: SpillSettings,
    files: SpillFiles,
    onLost: (lost: Pick<Segment, 'items' | 'costBytes' | 'classes' | 'isRecovered'>) => void,
  ) {
    this.folder = folder;
    this.settings = settings;
    this.files = files;
    this.onLost = onLost;
    succeeds(() => this.recoverFolder());
  }

  /** How many records of each class there are; for a folder that has just been recovered. */
  countClasses(): number[] {
    const counts: number[] = [];
    for (let segment = this.head; segment !== undefined; segment = segment.next) {
      segment.classes.forEach((count, index) => {
        counts[index] = (counts[index] ?? 0) + count;
      });
    }
    return counts;
  }

  /** False when there is no room or the write failed; nothing is stored then. */
  append(facts: SpilledFacts, item: Uint8Array, nowNs: number): boolean {
    const bytes = RECORD_HEADER_BYTES + item.length;
    const needsFile = !this.canAppend(bytes);
    if (this.diskBytes + bytes + (needsFile ? SEGMENT_HEADER_BYTES : 0) > this.settings.diskBytes)
      return false;
    this.makeScratch(bytes);
    if (!succeeds(() => this.write(facts, item, bytes, needsFile))) return false;
    const tail = this.tail as Segment;
    countRecord(tail, facts, 1);
    tail.bytes += bytes;
    this.diskBytes += bytes;
    this.items++;
    this.costBytes += facts.cost;
    this.nextRecord++;
    if (this.settings.fsync === 'interval') {
      if (this.syncAtNs === NEVER) this.syncAtNs = nowNs + SYNC_INTERVAL_NS;
      else this.syncDue(nowNs);
    }
    return true;
  }

  /** The oldest record, which stays until `consume`; `undefined` when there is none. */
  peek(): SpilledRecord | undefined {
    while (this.items > 0 && !this.hasRecord) {
      const head = this.head as Segment;
      if (!succeeds(() => this.read(head)) || !this.hasRecord) this.lose(head);
    }
    return this.hasRecord ? this.record : undefined;
  }

  /** Removes the record that `peek` answered. */
  consume(): void {
    const head = this.head as Segment;
    this.hasRecord = false;
    countRecord(head, this.record, -1);
    head.readAt += RECORD_HEADER_BYTES + this.record.item.length;
    this.items--;
    this.costBytes -= this.record.cost;
    if (head.items > 0) return;
    if (head !== this.tail || head.isRecovered || !this.empty(head)) this.removeHead();
  }

  /** Forces to the device what is due. */
  syncDue(nowNs: number): void {
    if (this.syncAtNs === NEVER || nowNs < this.syncAtNs) return;
    this.syncAtNs = NEVER;
    const file = this.tail?.file;
    if (file !== undefined) succeeds(() => this.files.sync(file));
  }

  /** Deletes every file. Only while there is no record left; another append begins anew. */
  dispose(): void {
    while (this.head !== undefined) this.removeHead();
    this.scratch = NO_BUFFER;
    this.chunk = NO_BUFFER;
    this.chunkBytes = 0;
    this.syncAtNs = NEVER;
  }

  private recoverFolder(): void {
    this.files.makeFolder(this.folder);
    const numbers = this.files
      .list(this.folder)
      .map(numberOf)
      .filter((number) => number !== undefined)
      .sort((a, b) => a - b);
    this.nextNumber = (numbers.at(-1) ?? 0) + 1;
    // A prefix: nothing behind damage or a gap is taken for true. Where it begins, the first file says.
    let isFirst = true;
    for (const number of numbers) {
      const segment = createSegment(join(this.folder, segmentName(number)), number, true);
      const isSound = this.recoverSegment(segment);
      if (isFirst) this.nextRecord = isSound ? segment.firstRecord : NEVER;
      isFirst = false;
      if (isSound && segment.items > 0 && segment.firstRecord === this.nextRecord) this.link(segment);
      else succeeds(() => this.files.remove(segment.path));
    }
    if (this.nextRecord === NEVER) this.nextRecord = 0;
  }

  /** Whether its header is sound. What is not, behind the sound records, is cut off. */
  private recoverSegment(segment: Segment): boolean {
    let isSound = false;
    succeeds(() => {
      segment.file = this.files.open(segment.path, false);
      isSound = recover(segment, this.files);
      this.files.truncate(segment.file, segment.bytes);
    });
    this.closeFile(segment);
    return isSound;
  }

  private link(segment: Segment): void {
    if (this.tail === undefined) this.head = segment;
    else this.tail.next = segment;
    this.tail = segment;
    this.diskBytes += segment.bytes;
    this.items += segment.items;
    this.costBytes += segment.costBytes;
    this.nextRecord += segment.items;
  }

  private canAppend(bytes: number): boolean {
    const tail = this.tail;
    if (tail === undefined || tail.isRecovered) return false;
    return tail.items === 0 || tail.bytes + bytes <= this.settings.segmentBytes;
  }

  private write(facts: SpilledFacts, item: Uint8Array, bytes: number, needsFile: boolean): void {
    if (needsFile) this.startSegment();
    const tail = this.tail as Segment;
    const file = tail.file as number;
    writeRecord(this.scratch, facts, item);
    try {
      this.writeAll(file, bytes, tail.bytes);
      if (this.settings.fsync === 'always') this.files.sync(file);
    } catch (thrown) {
      // Half a record must not stand before the next one.
      succeeds(() => this.files.truncate(file, tail.bytes));
      throw thrown;
    }
  }

  private startSegment(): void {
    const number = this.nextNumber;
    const segment = createSegment(join(this.folder, segmentName(number)), number, false);
    segment.file = this.files.open(segment.path, true);
    this.nextNumber++;
    try {
      this.writeHeader(segment);
      if (this.settings.fsync === 'always') this.files.syncFolder(this.folder);
    } catch (thrown) {
      this.closeFile(segment);
      succeeds(() => this.files.remove(segment.path));
      throw thrown;
    }
    const full = this.tail;
    this.syncDue(NEVER);
    if (full !== undefined && full !== this.head) this.closeFile(full);
    this.link(segment);
  }

  private writeHeader(segment: Segment): void {
    segment.firstRecord = this.nextRecord;
    writeSegmentHeader(this.scratch, segment);
    this.writeAll(segment.file as number, SEGMENT_HEADER_BYTES, 0);
  }

  private writeAll(file: number, bytes: number, position: number): void {
    for (let done = 0; done < bytes; ) {
      done += this.files.write(file, this.scratch, done, bytes - done, position + done);
    }
  }

  private makeScratch(bytes: number): void {
    if (this.scratch.length < bytes) this.scratch = Buffer.allocUnsafeSlow(Math.max(4096, bytes * 2));
  }

  /** Sets `record`; leaves `hasRecord` false when what stands there is damaged. */
  private read(head: Segment): void {
    const { record } = this;
    head.file ??= this.files.open(head.path, false);
    let at = this.load(head, RECORD_HEADER_BYTES);
    if (at === undefined) return;
    const bytes = recordBytes(this.chunk, at);
    if (head.readAt + bytes > head.bytes) return;
    at = this.load(head, bytes);
    if (at === undefined || !isWhole(this.chunk, at, bytes)) return;
    readFacts(this.chunk, at, record);
    record.item = this.chunk.subarray(at + RECORD_HEADER_BYTES, at + bytes);
    record.isRecovered = head.isRecovered;
    this.hasRecord = true;
  }

  /** Where in the chunk the next `bytes` of the head are; `undefined` when its file has fewer. */
  private load(head: Segment, bytes: number): number | undefined {
    const at = head.readAt - this.chunkAt;
    if (at >= 0 && at + bytes <= this.chunkBytes) return at;
    if (this.chunk.length < bytes) this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes));
    const wanted = Math.min(this.chunk.length, head.bytes - head.readAt);
    this.chunkAt = head.readAt;
    this.chunkBytes = this.files.read(head.file as number, this.chunk, wanted, head.readAt);
    return this.chunkBytes < bytes ? undefined : 0;
  }

  /** Gives up the rest of a file that cannot be read. */
  private lose(head: Segment): void {
    this.items -= head.items;
    this.costBytes -= head.costBytes;
    this.removeHead();
    this.onLost(head);
  }

  /** Makes the only file an empty one again: cheaper than another file. False when that failed. */
  private empty(only: Segment): boolean {
    const isDone = succeeds(() => {
      this.files.truncate(only.file as number, SEGMENT_HEADER_BYTES);
      this.writeHeader(only);
    });
    if (!isDone) return false;
    this.diskBytes -= only.bytes - SEGMENT_HEADER_BYTES;
    only.bytes = SEGMENT_HEADER_BYTES;
    only.readAt = SEGMENT_HEADER_BYTES;
    this.chunkBytes = 0;
    return true;
  }

  private removeHead(): void {
    const head = this.head as Segment;
    this.head = head.next;
    if (this.head === undefined) this.tail = undefined;
    this.diskBytes -= head.bytes;
    this.chunkBytes = 0;
    this.closeFile(head);
    succeeds(() => this.files.remove(head.path));
  }

  private closeFile(segment: Segment): void {
    const { file } = segment;
    segment.file = undefined;
    if (file !== undefined) succeeds(() => this.files.close(file));
  }
}
