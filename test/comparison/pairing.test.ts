import { describe, expect, it } from 'vitest';
import { arePaired, countBlocks, pairsOf, runsOf, settleRejections } from '../../src/comparison/pairing.ts';
import type { ArmRun } from '../../src/core/comparison.ts';

function run(id: string, block: number | null, rejected: string | null = null): ArmRun {
  const counts = { offered: 0, delivered: 0, dropped: 0 };
  const arm = id.slice(0, 1);
  return {
    id,
    arm,
    block,
    rejected,
    folder: null,
    startedAt: '',
    seed: 0,
    status: 'pass',
    values: {},
    counts,
  };
}

const ids = (runs: readonly ArmRun[]): string[] => runs.map(({ id }) => id);
const counting = (runs: readonly ArmRun[]): string[] =>
  ids(settleRejections(runs).filter((one) => one.rejected === null));

describe('pairing', () => {
  it('keeps whole blocks', () => {
    expect(counting([run('a0', 0), run('b0', 0), run('b1', 1), run('a1', 1)])).toEqual([
      'a0',
      'b0',
      'b1',
      'a1',
    ]);
  });

  it('takes the mate of a rejected run out, and says why', () => {
    const runs = settleRejections([run('a0', 0, 'too late'), run('b0', 0), run('a1', 1), run('b1', 1)]);
    expect(runs.map((one) => one.rejected)).toEqual([
      'too late',
      'another run of its block was rejected',
      null,
      null,
    ]);
  });

  it('counts a block that was played again by its last good time, whole', () => {
    const first = [run('a0', 0), run('b0', 0, 'noise')];
    expect(counting([...first, run("a0'", 0), run("b0'", 0)])).toEqual(["a0'", "b0'"]);
    // Never one arm of one time and another arm of another.
    expect(counting([...first, run("a0'", 0, 'noise'), run("b0'", 0)])).toEqual([]);
    expect(counting([run('a0', 0), run('b0', 0), run("a0'", 0), run("b0'", 0)])).toEqual(["a0'", "b0'"]);
  });

  it('judges runs without blocks one by one', () => {
    expect(counting([run('a', null, 'noise'), run('b', null), run('b', null)])).toEqual(['b', 'b']);
  });

  it('pairs by block, whatever the order of play', () => {
    const runs = [run('b1', 1), run('a0', 0), run('a1', 1), run('b0', 0), run('a2', 2)];
    expect(pairsOf(runs, 'a', 'b').map(ids)).toEqual([
      ['a1', 'b1'],
      ['a0', 'b0'],
    ]);
    expect(arePaired(runs, 'a', 'b')).toBe(true);
    expect(arePaired([...runs, run('b', null)], 'a', 'b')).toBe(false);
    expect(arePaired([run('a0', 0), run('b1', 1)], 'a', 'b')).toBe(false);
    expect(arePaired([], 'a', 'b')).toBe(false);
    expect([countBlocks(runs, ['a', 'b']), countBlocks(runs, ['a']), countBlocks([], ['a'])]).toEqual([
      2, 3, 0,
    ]);
    expect(ids(runsOf(runs, 'b'))).toEqual(['b1', 'b0']);
  });
});
