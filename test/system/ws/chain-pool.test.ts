/** The threads that run the inbound chain of `offload`. */
import { expect, it } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { ChainPool } from '../../../src/system/ws/chain-pool.ts';

const nobodyLeaves = new AbortController().signal;
const CHAIN = { middlewares: 1, workMs: 0, work: 'await' } as const;

it('a message travels without the read that it came with', async () => {
  const pool = new ChainPool(CHAIN, 1, createHostClock(takeEpochNs()));
  const read = Buffer.alloc(65_536, 'x');
  const back = await pool.run(read.subarray(1000, 1010), nobodyLeaves);
  expect(back.toString()).toBe('xxxxxxxxxx');
  expect(back.buffer.byteLength).toBe(10);
  expect(read.length, 'the read is still there for those behind it').toBe(65_536);
  await pool.close();
});

it('one that is closed refuses what comes then', async () => {
  const pool = new ChainPool(CHAIN, 1, createHostClock(takeEpochNs()));
  await pool.run(Buffer.from('one'), nobodyLeaves);
  await pool.close();
  await expect(pool.run(Buffer.from('two'), nobodyLeaves)).rejects.toThrow('closed');
});
