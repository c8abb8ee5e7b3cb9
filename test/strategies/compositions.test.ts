/** Random compositions of real parts: what is written reads back, in any order, and can be built. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOUNDARIES, BOUNDARY_NAMES } from '../../src/core/boundary.ts';
import type { StageName } from '../../src/core/strategy.ts';
import type { Definition, Param } from '../../src/system/strategies/definition.ts';
import { parseStrategy, readStrategy } from '../../src/system/strategies/parse.ts';
import { paramsOf } from '../../src/system/strategies/queue-params.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';
import { readValue, writeValue } from '../../src/system/strategies/values.ts';
import { SEED } from '../channel/steps.ts';

/** Values as a user may write them, without the writer that is under test. */
function anyValue(param: Param): fc.Arbitrary<string> {
  if ('choices' in param) return fc.constantFrom(...param.choices);
  const min = Math.ceil(param.min);
  const max = Math.floor(Math.min(param.max ?? 1e9, 1e9));
  switch (param.unit) {
    case 'bytes':
      return fc
        .tuple(fc.integer({ min, max: Math.min(max, 4096) }), fc.constantFrom('', 'KB', 'KiB', 'MiB'))
        .map(([amount, unit]) => `${amount}${unit}`);
    case 'ms':
      return fc
        .tuple(fc.integer({ min: Math.max(1, min), max: 5000 }), fc.constantFrom('us', 'ms', 's', 'm'))
        .map(([amount, unit]) => `${amount}${unit}`);
    case 'share':
      return fc.integer({ min: 0, max: 1000 }).map((mille) => `${mille / 10}%`);
    case 'perSec':
      return fc
        .tuple(fc.integer({ min: 1, max: 5000 }), fc.constantFrom('', '/s', '/min', 'k'))
        .map((text) => text.join(''));
    case 'number':
      return fc.integer({ min: 0, max: 5000 }).map((thousandth) => String(thousandth / 1000));
    default:
      return fc.integer({ min, max }).map(String);
  }
}

function anyPart(definition: Definition): fc.Arbitrary<string> {
  const settings = paramsOf(definition).map((param) =>
    fc
      .option(anyValue(param).filter((text) => 'value' in readValue(param, text)))
      .map((text) => (text === null ? [] : [`${param.key}=${text}`])),
  );
  return fc.tuple(...settings).map((given) => [definition.name, ...given.flat()].join(','));
}

const ofStage = (stage: StageName) => DEFINITIONS.filter((definition) => definition.stage === stage);
const oneOf = (stage: StageName) =>
  fc.option(fc.constantFrom(...ofStage(stage)).chain(anyPart)).map((part) => (part === null ? [] : [part]));
const someOf = (stage: StageName) =>
  fc
    .subarray(ofStage(stage), { minLength: 0, maxLength: 2 })
    .chain((parts) => fc.tuple(...parts.map(anyPart)));

/** Groups of parts: within a group the order is kept, the groups are shuffled. */
const compositions = fc
  .tuple(
    oneOf('topology'),
    oneOf('overflow'),
    oneOf('scheduling'),
    oneOf('aqm'),
    oneOf('ttl'),
    someOf('shaping'),
    someOf('admission'),
    someOf('slow-consumer').map((parts) => parts.slice(0, 1)),
  )
  .filter((groups) => groups.flat().length > 0);

describe('any composition', () => {
  it('reads back from its own text, wherever it stands', () => {
    fc.assert(
      fc.property(compositions, fc.constantFrom(...BOUNDARY_NAMES), (groups, boundary) => {
        const first = readStrategy(groups.flat().join(' + '), boundary);
        expect(first.spec, JSON.stringify(first.problems)).not.toBeNull();
        expect(readStrategy(first.spec?.text ?? '', boundary)).toEqual({ ...first, assumed: null });
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('means the same in any order of its stages, and without blanks', () => {
    fc.assert(
      fc.property(
        compositions,
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        fc.constantFrom(' + ', '  +', '+ '),
        (groups, keys, plus) => {
          const shuffled = groups
            .map((group, index) => ({ group, key: keys[index] as number }))
            .sort((a, b) => a.key - b.key)
            .flatMap(({ group }) => group);
          const typed = readStrategy(groups.flat().join(' + '), 'proxy.requests');
          expect(readStrategy(shuffled.join(plus), 'proxy.requests')).toEqual(typed);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe.each(DEFINITIONS.map((definition) => [definition.name, definition] as const))(
  '%s',
  (name, definition) => {
    it('has every default in its own range, reads and writes it, and stands somewhere', () => {
      for (const param of paramsOf(definition)) {
        if (param.default === null) continue;
        expect(readValue(param, writeValue(param, param.default))).toEqual({ value: param.default });
      }
      const placed = BOUNDARY_NAMES.flatMap((boundary) => {
        const { spec, problems } = readStrategy(name, boundary);
        return problems.length === 0 && spec !== null ? [{ spec, boundary }] : [];
      });
      const isPlaceable =
        definition.effects.serialises !== true || BOUNDARY_NAMES.some((one) => BOUNDARIES[one].hasDisk);
      expect(placed.length > 0).toBe(isPlaceable);
      for (const { spec, boundary } of placed) {
        const stage = spec.stages.find((one) => one.name === name);
        expect(Object.keys(stage?.params ?? {})).toEqual(paramsOf(definition).map((param) => param.name));
        expect(parseStrategy(spec.text, boundary)).toEqual(spec);
      }
    });
  },
);

describe('values', () => {
  const param = (unit: 'ms' | 'share' | 'perSec' | 'number' | 'bytes' | 'items'): Param => ({
    key: 'x',
    name: 'x',
    unit,
    min: 0,
    default: 0,
    summary: '',
  });

  it('read back exactly, whatever they are', () => {
    const anything = fc.oneof(
      fc.record({ unit: fc.constant('ms' as const), value: fc.nat(600_000_000).map((us) => us / 1000) }),
      fc.record({ unit: fc.constant('share' as const), value: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({
        unit: fc.constant('perSec' as const),
        value: fc.double({ min: 0, max: 1e9, noNaN: true }),
      }),
      fc.record({
        unit: fc.constant('number' as const),
        value: fc.double({ min: 0, max: 9e15, noNaN: true }),
      }),
      fc.record({ unit: fc.constantFrom('bytes' as const, 'items' as const), value: fc.maxSafeNat() }),
    );
    fc.assert(
      fc.property(anything, ({ unit, value }) => {
        const positive = Object.is(value, -0) ? 0 : value;
        expect(readValue(param(unit), writeValue(param(unit), positive))).toEqual({ value: positive });
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
