import { describe, expect, it } from 'vitest';
import mutants from '../mutation/shaping.mutants.ts';

describe('the checks of shapers', () => {
  it.each(mutants)('$property kills: $name', ({ kill, spare }) => {
    expect(kill()).toEqual(expect.any(String));
    expect(spare()).toBeUndefined();
  });
});
