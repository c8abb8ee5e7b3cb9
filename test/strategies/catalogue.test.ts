import { describe, expect, it } from 'vitest';
import {
  COMPARABLE_STRATEGY_NAMES,
  findStrategy,
  STAGE_ORDER,
  STRATEGIES,
} from '../../src/system/strategies/catalogue.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';

describe('the catalogue of strategies', () => {
  it('lists every part by stage, overflow first, specimens last in each', () => {
    expect(STRATEGIES.map(({ name }) => name).sort()).toEqual(DEFINITIONS.map(({ name }) => name).sort());
    const places = STRATEGIES.map(({ stage, specimen }) => STAGE_ORDER.indexOf(stage) * 2 + Number(specimen));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(STRATEGIES[0]).toMatchObject({ name: 'block', stage: 'overflow', specimen: false });
  });

  it('plays the overflow policies for `all`, and no specimens', () => {
    expect(COMPARABLE_STRATEGY_NAMES).toEqual(
      expect.arrayContaining(['block', 'drop-oldest', 'drop-newest', 'unbounded']),
    );
    for (const name of COMPARABLE_STRATEGY_NAMES) {
      expect(findStrategy(name)).toMatchObject({ stage: 'overflow', specimen: false });
    }
  });

  it('finds an entry by name and by alias, with the parameters it takes', () => {
    expect(findStrategy('drop-incoming')?.name).toBe('drop-newest');
    expect(findStrategy('unbounded')?.params.map(({ key }) => key)).toEqual([
      'capacity',
      'bytes',
      'maxWaiters',
      'guardBytes',
    ]);
    expect(findStrategy('codel')?.params.map(({ key }) => key)).not.toContain('capacity');
    expect(findStrategy('constructor')).toBeUndefined();
  });
});
