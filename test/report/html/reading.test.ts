import { describe, expect, it } from 'vitest';
import { readingSection } from '../../../src/report/html/reading.ts';

describe('how to read the page', () => {
  it.each(['run', 'comparison'] as const)('of a %s says what its time counts from', (kind) => {
    expect(JSON.stringify(readingSection(kind))).toContain('since the run began, set-up included');
  });
});
