import { describe, expect, it } from 'vitest';
import {
  COMPARABLE_STRATEGY_NAMES,
  findStrategy,
  STRATEGIES,
} from '../../src/system/strategies/catalogue.ts';

describe('the catalogue of strategies', () => {
  it('lists every policy with its marks, specimens last', () => {
    const rows = STRATEGIES.map(({ name, stage, aliases, specimen }) => [name, stage, aliases, specimen]);
    expect(rows).toEqual([
      ['block', 'overflow', [], false],
      ['drop-oldest', 'overflow', [], false],
      ['drop-newest', 'overflow', ['drop-incoming'], false],
      ['unbounded', 'overflow', [], false],
      ['as-written/ironstar-drop-oldest', 'overflow', [], true],
    ]);
  });

  it('leaves specimens out of what `all` plays', () => {
    expect(COMPARABLE_STRATEGY_NAMES).toEqual(['block', 'drop-oldest', 'drop-newest', 'unbounded']);
  });

  it('finds an entry by name and by alias, with the parameters it takes', () => {
    expect(findStrategy('drop-incoming')?.name).toBe('drop-newest');
    expect(findStrategy('unbounded')?.params.map(({ key }) => key)).toEqual([
      'capacity',
      'bytes',
      'maxWaiters',
      'guardBytes',
    ]);
    expect(findStrategy('constructor')).toBeUndefined();
  });
});
