import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDARIES, BOUNDARY_NAMES } from '../../src/core/boundary.ts';
import type { BenchError } from '../../src/core/errors.ts';
import { COMPARABLE_STRATEGY_NAMES } from '../../src/system/strategies/catalogue.ts';
import { findStrategyProblem } from '../../src/system/strategies/legality.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';
import { SEED } from '../channel/steps.ts';

const MIB = 1024 ** 2;

function errorOf(text: string): { code: string; message: string; hints: readonly string[] } {
  try {
    parseStrategy(text, 'sse.client');
  } catch (thrown) {
    const { code, message, hints } = thrown as BenchError;
    return { code, message, hints };
  }
  throw new Error(`${text} was taken`);
}

describe('parseStrategy', () => {
  it('fills in every default, the capacity from the boundary', () => {
    expect(parseStrategy('drop-oldest', 'sse.client')).toEqual({
      text: 'drop-oldest',
      stages: [
        {
          stage: 'overflow',
          name: 'drop-oldest',
          params: { capacityItems: 64, capacityBytes: MIB, maxWaiters: 1024 },
        },
      ],
    });
    const capacities = BOUNDARY_NAMES.map(
      (name) => parseStrategy('block', name).stages[0]?.params['capacityItems'],
    );
    expect(capacities).toEqual([64, 100, 256]);
  });

  it('reads parameters in base units', () => {
    const { stages } = parseStrategy(
      'unbounded,capacity=10,bytes=64KiB,maxWaiters=5,guardBytes=2MB',
      'ws.outbound',
    );
    expect(stages[0]?.params).toEqual({
      capacityItems: 10,
      capacityBytes: 65_536,
      maxWaiters: 5,
      guardBytes: 2_000_000,
    });
  });

  it('writes the canonical text: own name, fixed order, only what differs from the default here', () => {
    const text = (typed: string) => parseStrategy(typed, 'sse.client').text;
    expect(text('drop-incoming')).toBe('drop-newest');
    expect(text(' drop-oldest , bytes=2048 , capacity=32 ')).toBe('drop-oldest,capacity=32,bytes=2KiB');
    expect(text('drop-oldest,capacity=64,bytes=1024KiB')).toBe('drop-oldest');
    expect(text('block,bytes=0,capacityItems=1')).toBe('block,capacity=1,bytes=0');
  });

  it('gives the same strategy again for its own canonical text', () => {
    const settings = fc.record({
      name: fc.constantFrom(...COMPARABLE_STRATEGY_NAMES),
      boundary: fc.constantFrom(...BOUNDARY_NAMES),
      capacity: fc.integer({ min: 1, max: 100_000 }),
      bytes: fc.oneof(
        fc.nat(),
        fc.nat({ max: 4000 }).map((n) => n * 1000),
        fc.nat({ max: 4096 }).map((n) => n * 1024),
      ),
      maxWaiters: fc.nat(),
    });
    const property = fc.property(settings, ({ name, boundary, capacity, bytes, maxWaiters }) => {
      const typed = `${name},maxWaiters=${maxWaiters},bytes=${bytes},capacity=${capacity}`;
      const spec = parseStrategy(typed, boundary);
      expect(spec.stages[0]?.params).toMatchObject({
        capacityItems: capacity,
        capacityBytes: bytes,
        maxWaiters,
      });
      expect(parseStrategy(spec.text, boundary)).toEqual(spec);
    });
    fc.assert(property, { seed: SEED });
  });

  it.each([
    ['drop-oldest,capacity=0', "capacity must be a whole number, 1 or more, got '0'"],
    ['drop-oldest,capacity=-1', "capacity must be a whole number, 1 or more, got '-1'"],
    ['drop-oldest,capacity=1.5', "capacity must be a whole number, 1 or more, got '1.5'"],
    ['drop-oldest,capacity=', "capacity must be a whole number, 1 or more, got ''"],
    ['drop-oldest,capacity=99999999999999999999', 'capacity must be a whole number'],
    [
      'drop-oldest,bytes=lots',
      "bytes must be a size such as 512, 64KiB, 1MiB (binary) or 1MB (decimal), 0 or more, got 'lots'",
    ],
    ['unbounded,guardBytes=0', "1 or more, got '0'"],
    ['drop-oldest,capacity=1,capacity=2', 'capacity is given twice'],
    ['drop-oldest,capacity=1,capacityItems=1', 'capacity is given twice'],
    ['drop-oldest,64', "expected key=value after the name, got '64'"],
    ['drop-oldest,', "expected key=value after the name, got ''"],
    ['drop-oldest,=5', "expected key=value after the name, got '=5'"],
    ['drop-oldest,guardBytes=5', "drop-oldest has no parameter 'guardBytes'"],
    ['block+drop-oldest', 'one overflow policy for now'],
    ['', 'a strategy needs a name'],
    ['toString', "unknown strategy 'toString'"],
  ])('refuses %s', (text, message) => {
    expect(errorOf(text)).toMatchObject({
      code: 'BPB_ERR_STRATEGY',
      message: expect.stringContaining(message),
    });
  });

  it('names the nearest strategy and the nearest parameter', () => {
    expect(errorOf('drop-oldst').hints[0]).toBe('did you mean drop-oldest?');
    expect(errorOf('drop-oldest,capcity=5').hints).toEqual([
      'did you mean capacity?',
      'it takes capacity, bytes, maxWaiters',
    ]);
  });

  it("translates other libraries' names, and warns where a name means two things", () => {
    expect(errorOf('sliding').hints[0]).toBe('sliding (Effect, core.async) is drop-oldest here');
    const hints = errorOf('DROP_LATEST').hints;
    expect(hints[0]).toBe('DROP_LATEST (Kotlin, Reactor) is drop-newest here');
    expect(hints[1]).toContain('evicts the youngest queued one in RxJava');
    expect(errorOf('DropNewest').hints.join(' ')).toContain('evicts the youngest queued one in .NET');
  });

  it('takes what every boundary was found with', () => {
    for (const name of BOUNDARY_NAMES) {
      const { asFound, capacityItems } = BOUNDARIES[name];
      const stage = parseStrategy(asFound, name).stages[0];
      expect(stage).toMatchObject({ name: asFound, params: { capacityItems } });
    }
  });
});

describe('findStrategyProblem', () => {
  it('allows every single policy everywhere and refuses a composition', () => {
    const spec = parseStrategy('block', 'proxy.events');
    expect(findStrategyProblem(spec, 'proxy.events')).toBeUndefined();
    const twice = { text: 'block+block', stages: [...spec.stages, ...spec.stages] };
    expect(findStrategyProblem(twice, 'proxy.events')).toBe(
      'block+block at proxy.events has 2 stages: one overflow policy for now',
    );
  });
});
