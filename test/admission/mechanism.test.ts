/** What the channel owes to its admission stages. */
import { describe, expect, it } from 'vitest';
import type { Admission } from '../../src/system/admission/admission.ts';
import breaker from '../../src/system/admission/breaker.ts';
import connLimit from '../../src/system/admission/conn-limit.ts';
import memReserve from '../../src/system/admission/mem-reserve.ts';
import tokenBucket from '../../src/system/admission/token-bucket.ts';
import { Lane, make } from './lane.ts';

/** Refuses everything while it is shut. */
function createGate(): Admission & { isShut: boolean } {
  const gate = { isShut: true, admit: () => (gate.isShut ? 'admission.level' : undefined) };
  return gate;
}

describe('admission stages in a row', () => {
  it('give back what an item cost that a later one refused', () => {
    const gate = createGate();
    const memory = make(memReserve, { totalBytes: 10, queueBytes: 10 });
    const lane = new Lane([make(tokenBucket, { burstItems: 5 }), memory, gate]);
    lane.offer(100, { size: 1 });
    expect(memory.level).toBe(0);
    gate.isShut = false;
    expect(lane.offer(7, { size: 1 })).toBe('AAAAArr');
  });

  it('do not leave a breaker waiting for a probe that never came in', () => {
    const gate = createGate();
    gate.isShut = false;
    const lane = new Lane([make(breaker, { windowCount: 1, probeCount: 1, openMs: 100 }), gate]);
    lane.offer();
    lane.end('failed');
    lane.advanceMs(100);
    gate.isShut = true;
    expect(lane.offer(3)).toBe('rrr');
    gate.isShut = false;
    expect(lane.offer()).toBe('A');
  });

  it('let a queue go again that a later one does not let in', () => {
    const stage = make(connLimit, { limitQueues: 5 });
    const full = make(connLimit, { limitQueues: 1 });
    const lanes = [1, 2, 3].map(() => new Lane([stage, full]));
    expect(stage.level).toBe(1);
    lanes[1]?.channel.close();
    lanes[0]?.channel.close();
    expect([stage.level, full.level]).toEqual([0, 0]);
  });
});

describe('an admission stage that throws', () => {
  it('fails the item, and those before it take back what they gave', () => {
    const memory = make(memReserve, { totalBytes: 10, queueBytes: 10 });
    const broken: Admission = {
      admit: () => {
        throw new Error('broken');
      },
    };
    const lane = new Lane([memory, broken]);
    expect(() => lane.offer(1, { size: 4 })).toThrow('broken');
    expect(lane.channel.ledger()).toMatchObject({ offered: 1, failed: { policy_error: 1 }, unaccounted: 0 });
    expect(memory.level).toBe(0);
  });
});

it('what a queue has under way includes the bytes of offers that wait, until they do not', async () => {
  const seen: number[] = [];
  const watch: Admission = { admit: (_entry, load) => void seen.push(load.pendingBytes) as undefined };
  const { default: block } = await import('../../src/system/overflow/block.ts');
  const lane = new Lane(watch, { overflow: block, capacityItems: 1 });
  const abort = new AbortController();
  for (const size of [1, 10, 100]) void lane.channel.offer({ size, class: 1 }, abort.signal);
  abort.abort();
  lane.offer(1, { size: 1000 });
  expect(seen).toEqual([0, 1, 11, 1]);
});
