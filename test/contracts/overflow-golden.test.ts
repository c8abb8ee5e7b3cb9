/** Exact outcomes of named policies, and that any two of them can be told apart. */
import { describe, expect, it } from 'vitest';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { configure } from '../overflow/configurations.ts';
import { type Golden, type Name, ROWS, S1_ROWS } from '../overflow/golden.ts';
import { S1, signature, TRACES, type Trace, tell } from '../overflow/traces.ts';

function tellOf(name: Name, trace: Trace, params: Params = {}) {
  return tell(configure(OVERFLOW_POLICIES[name], params), trace);
}

function expectGolden(name: Name, trace: Trace, { params, delivered, lost = '', peak }: Golden): void {
  const story = tellOf(name, trace, params);
  if (peak !== undefined) expect(story.peak).toBe(peak);
  expect(story.delivered.join(' ')).toBe(delivered);
  expect(story.reasons.join(', ')).toBe(lost);
}

describe('golden vector S1', () => {
  it.each(S1_ROWS)('%s %j', (name, golden) => expectGolden(name, S1, golden));

  it('uses five pushes, because with six drop-oldest delivers what evict-all does', () => {
    const six: Trace = { ...S1, story: `${S1.story} 6:D,1` };
    expect(tellOf('drop-oldest', six).delivered).toEqual(['4', '5', '6']);
    expect(tellOf('evict-all', six).delivered).toEqual(['4', '5', '6']);
  });
});

describe('golden traces', () => {
  it.each(ROWS.map(([trace, name, golden]) => ({ title: trace.name, trace, name, golden })))(
    '$title: $name $golden.params',
    ({ trace, name, golden }) => expectGolden(name, trace, golden),
  );
});

describe('P8: any two policies', () => {
  it('are told apart by a trace, without a look at reasons; but for a specimen that is what another is', () => {
    const policies = Object.values<OverflowPolicy>(OVERFLOW_POLICIES);
    const seen = policies.map((policy) => TRACES.map((trace) => signature(configure(policy), trace)));
    const alike: string[] = [];
    policies.forEach((a, i) => {
      policies.slice(i + 1).forEach((b, j) => {
        const isSeparated = seen[i]?.some((one, trace) => one !== seen[i + 1 + j]?.[trace]);
        if (!isSeparated) alike.push(`${a.name} = ${b.name}`);
      });
    });
    expect(alike).toEqual(['block = as-written/ironstar-unbounded']);
  });

  it('are all told apart from the rest by S1 alone, but for those that the catalogue names', () => {
    const byStory = new Map<string, string[]>();
    for (const policy of Object.values<OverflowPolicy>(OVERFLOW_POLICIES)) {
      if (policy.specimen) continue;
      const { delivered, ends } = tell(configure(policy), S1);
      const story = `${delivered.join(' ')} | ${ends.join(', ')}`;
      byStory.set(story, [...(byStory.get(story) ?? []), policy.name]);
    }
    expect([...byStory.values()].filter((names) => names.length > 1)).toEqual([
      ['block', 'timeout', 'spill', 'unbounded'],
      ['drop-oldest', 'evict-longest'],
    ]);
  });
});
