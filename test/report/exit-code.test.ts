import { describe, expect, it } from 'vitest';
import type { VerdictStatus } from '../../src/core/record.ts';
import { exitCodeOf } from '../../src/report/exit-code.ts';

const verdict = (status: VerdictStatus) => ({ status, reasons: [] });

describe('exit code of a run', () => {
  it.each([
    ['pass', 0],
    ['fail', 99],
    ['invalid', 4],
    ['stalled', 6],
  ] as const)('%s is %i', (status, code) => {
    expect(exitCodeOf({ verdict: verdict(status), partial: false, interruptedBy: null })).toBe(code);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s outranks every verdict', (signal, code) => {
    for (const status of ['pass', 'fail', 'invalid', 'stalled'] as const) {
      expect(exitCodeOf({ verdict: verdict(status), partial: true, interruptedBy: signal })).toBe(code);
    }
  });

  it('a run that broke off by itself is never ok', () => {
    expect(exitCodeOf({ verdict: verdict('pass'), partial: true, interruptedBy: null })).toBe(5);
  });
});
