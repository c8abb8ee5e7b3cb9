import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEQUENCE_WINDOW, SequenceTracker } from '../../src/load/receipts.ts';

/** The same account with everything remembered. */
function accountPlainly(seqs: readonly number[]) {
  const seen = new Set<number>();
  let max = Number.NEGATIVE_INFINITY;
  let duplicates = 0;
  let reordered = 0;
  for (const seq of seqs) {
    if (seen.has(seq)) duplicates++;
    else if (seq < max) reordered++;
    seen.add(seq);
    max = Math.max(max, seq);
  }
  const sorted = [...seen].sort((a, b) => a - b);
  let missing = 0;
  let gaps = 0;
  sorted.forEach((seq, i) => {
    const jump = i === 0 ? 0 : seq - (sorted[i - 1] as number) - 1;
    missing += jump;
    if (jump > 0) gaps++;
  });
  return { first: sorted[0] ?? -1, last: sorted.at(-1) ?? -1, missing, gaps, duplicates, reordered };
}

function account(seqs: readonly number[]) {
  const tracker = new SequenceTracker();
  for (const seq of seqs) tracker.add(seq);
  const { first, last, missing, gaps, duplicates, reordered } = tracker;
  return { first, last, missing, gaps, duplicates, reordered };
}

describe('receipts', () => {
  it.each<[string, number[]]>([
    ['nothing', []],
    ['one number', [7]],
    ['all in order', [1, 2, 3, 4]],
    ['a gap of three', [1, 5, 6]],
    ['a late number closes its gap', [1, 3, 2]],
    ['a late number splits a gap in two', [1, 7, 4]],
    ['a number before the first', [5, 2, 6]],
    ['a duplicate of the newest', [1, 2, 2]],
    ['a duplicate of a late one', [1, 3, 2, 2]],
    ['a jump of exactly the window', [1, 1 + SEQUENCE_WINDOW, 3 + SEQUENCE_WINDOW, 2 + SEQUENCE_WINDOW]],
    ['a late number after a jump beyond the window', [1, 2, 5, 2005, 1025]],
    ['the oldest number of the window comes late', [1, 3, SEQUENCE_WINDOW + 1, 3]],
  ])('%s: equals the plain account', (_, seqs) => {
    expect(account(seqs)).toEqual(accountPlainly(seqs));
  });

  it('says which numbers are duplicates', () => {
    const tracker = new SequenceTracker();
    expect([1, 2, 2, 4, 3, 3].map((seq) => tracker.add(seq))).toEqual([true, true, false, true, true, false]);
  });

  it('equals the plain account for any order within the window', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant(1) },
      { weight: 2, arbitrary: fc.integer({ min: 2, max: 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: 900, max: 1100 }) },
      { weight: 2, arbitrary: fc.integer({ min: -60, max: 0 }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.array(step, { maxLength: 400 }), (start, steps) => {
        const seqs = [start];
        let newest = start;
        for (const by of steps) {
          const seq = Math.max(0, newest + by);
          newest = Math.max(newest, seq);
          seqs.push(seq);
        }
        expect(account(seqs)).toEqual(accountPlainly(seqs));
      }),
      { seed: 4711, numRuns: 500 },
    );
  });

  it('beyond the window the sums still hold: received = last − first + 1 − missing + duplicates', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(numbers, (seqs) => {
        const { first, last, missing, gaps, duplicates } = account(seqs);
        expect(last - first + 1 - missing + duplicates).toBe(seqs.length);
        expect(missing).toBeGreaterThanOrEqual(0);
        expect(gaps).toBeLessThanOrEqual(missing);
        expect(gaps).toBeGreaterThanOrEqual(0);
      }),
      { seed: 4711, numRuns: 300 },
    );
  });
});
