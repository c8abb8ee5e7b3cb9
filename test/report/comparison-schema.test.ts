import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { createBaseline } from '../../src/comparison/baseline.ts';
import type { Baseline } from '../../src/comparison/baseline-file.ts';
import { buildComparison } from '../../src/comparison/build-comparison.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { BenchError } from '../../src/core/errors.ts';
import { baselineJsonSchema, type baselineSchema } from '../../src/report/baseline-schema.ts';
import { comparisonJsonSchema, type comparisonSchema } from '../../src/report/comparison-schema.ts';
import { parseComparison } from '../../src/report/record-document.ts';
import { inputOf, playVersions } from '../comparison/runs.ts';

/** Compiles only while each of the two can stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Every key, also of nested objects, so that an optional key cannot hide. */
type Keys<T> = T extends readonly (infer Item)[]
  ? Keys<Item>
  : T extends object
    ? { [K in keyof T]-?: (K & string) | `${K & string}.${Keys<NonNullable<T[K]>> & string}` }[keyof T]
    : never;

const COMPARISONS_ARE_EQUAL: Same<z.infer<typeof comparisonSchema>, ComparisonRecord> = true;
const COMPARISON_KEYS_ARE_EQUAL: Same<Keys<z.infer<typeof comparisonSchema>>, Keys<ComparisonRecord>> = true;
const BASELINES_ARE_EQUAL: Same<z.infer<typeof baselineSchema>, Baseline> = true;
const BASELINE_KEYS_ARE_EQUAL: Same<Keys<z.infer<typeof baselineSchema>>, Keys<Baseline>> = true;

const record = buildComparison(
  inputOf(playVersions(1, 8, 0.02), { needs: ['rss<1GB'], expectations: ['now: rss better than main'] }),
);

function refusalOf(json: string): BenchError {
  try {
    parseComparison(json, 'some/record.json');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    return thrown as BenchError;
  }
  throw new Error('the comparison was taken');
}

describe('comparison schema', () => {
  it('has the shape of the types (checked by the compiler)', () => {
    expect([COMPARISONS_ARE_EQUAL, COMPARISON_KEYS_ARE_EQUAL]).toEqual([true, true]);
    expect([BASELINES_ARE_EQUAL, BASELINE_KEYS_ARE_EQUAL]).toEqual([true, true]);
  });

  it('reads back what was written, keys that it does not know included', () => {
    expect(parseComparison(JSON.stringify(record))).toEqual(record);
    expect(parseComparison(JSON.stringify({ ...record, later: { added: 1 } }))).toMatchObject({
      later: { added: 1 },
    });
  });

  it('is a JSON Schema 2020-12 that requires every key and allows others', () => {
    const schemas: [object, object][] = [
      [comparisonJsonSchema(), record],
      [
        baselineJsonSchema(),
        createBaseline(record, { createdAt: '', acceptedBy: 'a', reason: 'r', calibration: null }),
      ],
    ];
    for (const [document, example] of schemas) {
      const schema = document as { $schema: string; required: string[]; additionalProperties?: unknown };
      expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
      expect([...schema.required].sort()).toEqual(Object.keys(example).sort());
      expect(schema.additionalProperties).toBeUndefined();
    }
  });

  it('tells what is wrong', () => {
    expect(refusalOf(JSON.stringify(record).slice(0, 1000)).message).toBe(
      'some/record.json is cut off after 1000 characters',
    );
    expect(refusalOf('{"schemaVersion":1,"kind":"run"}').message).toBe(
      'some/record.json is a record of kind "run", expected "comparison"',
    );
    expect(refusalOf(JSON.stringify({ ...record, schemaVersion: 2 })).message).toContain(
      'has schemaVersion 2, this bpbench reads up to 1',
    );
    const [first] = record.results;
    const damaged = { ...record, seed: 'x', results: [{ ...first, verdict: 'great', pWorse: 1.5 }] };
    expect(
      refusalOf(JSON.stringify(damaged))
        .hints.map((hint) => hint.split(':')[0])
        .sort(),
    ).toEqual(['results.0.pWorse', 'results.0.verdict', 'seed']);
  });

  it('refuses starts that are no times, and metrics named as what every object inherits', () => {
    const runs = record.runs.map((run) => ({ ...run, startedAt: 'soon' })).slice(0, 1);
    const metrics = record.metrics.map((metric) => ({ ...metric, name: 'constructor' })).slice(0, 1);
    const { hints } = refusalOf(JSON.stringify({ ...record, startedAt: 'soon', runs, metrics }));
    expect(hints).toEqual([
      'startedAt: expected an ISO 8601 time in UTC',
      'metrics.0.name: expected the name of a metric',
      'runs.0.startedAt: expected an ISO 8601 time in UTC',
    ]);
    expect(baselineJsonSchema()).toMatchObject({
      properties: { createdAt: { pattern: expect.stringContaining('T(?:') } },
    });
  });
});
