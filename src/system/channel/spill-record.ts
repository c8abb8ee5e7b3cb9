/**
 * One item on disk.
 *
 *    0  CRC-32 of everything after it
 *    4  length of the encoded item
 *    8  offeredNs   16  seq   24  cost in bytes   (doubles)
 *   32  weight      36  class
 *   40  the encoded item
 *
 * Little-endian. The length is under the checksum too, so that a damaged one cannot lead past the damage.
 */
import { crc32 } from 'node:zlib';

export const RECORD_HEADER_BYTES = 40;

/** What an entry takes with it to disk beside its item. */
export interface SpilledFacts {
  offeredNs: number;
  seq: number;
  cost: number;
  weight: number;
  class: number;
}

/** Writes header and item to the start of `into`, which must be long enough. */
export function writeRecord(into: Buffer, facts: SpilledFacts, item: Uint8Array): void {
  const end = RECORD_HEADER_BYTES + item.length;
  into.writeUInt32LE(item.length, 4);
  into.writeDoubleLE(facts.offeredNs, 8);
  into.writeDoubleLE(facts.seq, 16);
  into.writeDoubleLE(facts.cost, 24);
  into.writeUInt32LE(facts.weight, 32);
  into.writeUInt32LE(facts.class, 36);
  into.set(item, RECORD_HEADER_BYTES);
  into.writeUInt32LE(crc32(into.subarray(4, end)), 0);
}

/** Bytes of the record that starts at `at`, as its header says. */
export function recordBytes(from: Buffer, at: number): number {
  return RECORD_HEADER_BYTES + from.readUInt32LE(at + 4);
}

export function isWhole(from: Buffer, at: number, bytes: number): boolean {
  return from.readUInt32LE(at) === crc32(from.subarray(at + 4, at + bytes));
}

/** Reads the facts of the record at `at` into `facts`. */
export function readFacts(from: Buffer, at: number, facts: SpilledFacts): void {
  facts.offeredNs = from.readDoubleLE(at + 8);
  facts.seq = from.readDoubleLE(at + 16);
  facts.cost = from.readDoubleLE(at + 24);
  facts.weight = from.readUInt32LE(at + 32);
  facts.class = from.readUInt32LE(at + 36);
}
