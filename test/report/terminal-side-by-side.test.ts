import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/core/record.ts';
import { createPaint } from '../../src/report/look.ts';
import { joinSections } from '../../src/report/terminal-parts.ts';
import { sideBySideSections } from '../../src/report/terminal-side-by-side.ts';
import { displayWidth } from '../../src/report/text.ts';
import { createEmptyRecord, createOtherRecord, createRecord } from './fixtures.ts';

function render(records: readonly RunRecord[], width = 80): string {
  return `${joinSections(sideBySideSections(records, width, createPaint(false))).join('\n')}\n`;
}

function createFour(): RunRecord[] {
  return [
    createRecord(),
    createOtherRecord('drop-newest', {
      dropped: 5200,
      p99: 1900,
      ageP99: 1950,
      blockedMs: 0,
      accountedBytes: 33e6,
    }),
    createOtherRecord('block', {
      dropped: 0,
      p99: 7200,
      ageP99: 7300,
      blockedMs: 84_000,
      accountedBytes: 30e6,
    }),
    createOtherRecord('unbounded', {
      dropped: 0,
      p99: 5200,
      ageP99: 5300,
      blockedMs: 0,
      accountedBytes: 90e6,
    }),
  ];
}

describe('terminal, single runs side by side', () => {
  it.each([60, 80, 160])('prints four strategies to the letter in %i columns', async (width) => {
    const text = render(createFour(), width);
    await expect(text).toMatchFileSnapshot(`golden/side-by-side-${width}.txt`);
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(width);
  });

  it('names who is best at what and never one winner', () => {
    const text = render(createFour(), 200);
    expect(text).toContain(
      'block and unbounded lost least: 0 % of what slow readers were offered; drop-oldest and drop-newest most: 64.2 %.',
    );
    expect(text).toContain('drop-oldest kept data freshest: 640 ms old at p99; block oldest: 7.3 s.');
    expect(text).toContain('block held producers back for 84 s in total.');
    expect(text).toContain('None is best at everything');
    expect(text).not.toMatch(/winner|best strategy/i);
  });

  it('leaves an invalid run out of what it says, and says so', () => {
    const runs = createFour();
    const [, , block] = runs;
    if (block !== undefined) {
      block.verdict = {
        status: 'invalid',
        reasons: [{ code: 'invalid', message: 'the generator was late' }],
      };
    }
    const text = render(runs, 200);
    expect(text).toContain('  ✗ block: the generator was late\n');
    expect(text).toContain('Not compared, because the run is invalid or partial: block.');
    expect(text).toContain('unbounded lost least');
    expect(text).not.toContain('block held producers back');
  });

  it('warns when the runs differ in more than the strategy', () => {
    const [first, second] = createFour();
    const text = render([first as RunRecord, { ...(second as RunRecord), seed: 7 }]);
    expect(text).toContain('! these runs differ in more than the strategy: seed (4711, 7)\n');
  });

  it('does not break on runs without any number, on one run, or on none', () => {
    expect(render([createEmptyRecord(), createEmptyRecord()])).toContain('✓ PASS');
    expect(render([createRecord()])).toContain('drop-oldest');
    expect(render([])).toBe('\n');
  });
});
