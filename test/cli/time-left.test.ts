import { expect, it } from 'vitest';
import { createTimeLeft } from '../../src/cli/time-left.ts';

it('the time left of an experiment is what its runs took so far, and unknown before one has ended', () => {
  let nowMs = 5000;
  const timeLeft = createTimeLeft(() => nowMs);
  expect(timeLeft(4)).toBeNull();
  nowMs += 10_000;
  expect(timeLeft(3)).toBe(30_000);
  nowMs += 20_000;
  expect(timeLeft(2)).toBe(30_000);
});
