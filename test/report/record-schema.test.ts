import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { BenchError } from '../../src/core/errors.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { parseRecord } from '../../src/report/record-document.ts';
import { recordJsonSchema, type recordSchema } from '../../src/report/record-schema.ts';
import { createEmptyRecord, createRecord } from './fixtures.ts';

type FromSchema = z.infer<typeof recordSchema>;
/** Compiles only while each of the two can stand for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** Every key, also of nested objects, so that an optional key cannot hide. */
type Keys<T> = T extends readonly (infer Item)[]
  ? Keys<Item>
  : T extends object
    ? { [K in keyof T]-?: (K & string) | `${K & string}.${Keys<NonNullable<T[K]>> & string}` }[keyof T]
    : never;

const SHAPES_ARE_EQUAL: Same<FromSchema, RunRecord> = true;
const KEYS_ARE_EQUAL: Same<Keys<FromSchema>, Keys<RunRecord>> = true;

function refusalOf(json: string): { message: string; hints: readonly string[] } {
  try {
    parseRecord(json, 'some/record.json');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BenchError);
    expect((thrown as BenchError).code).toBe('BPB_ERR_USAGE');
    return thrown as BenchError;
  }
  throw new Error('the record was taken');
}

describe('record schema', () => {
  it('has the shape of RunRecord (checked by the compiler)', () => {
    expect([SHAPES_ARE_EQUAL, KEYS_ARE_EQUAL]).toEqual([true, true]);
  });

  it('reads back what was written', () => {
    for (const record of [createRecord(), createEmptyRecord()]) {
      expect(parseRecord(JSON.stringify(record))).toEqual(record);
    }
  });

  it('reads a record of before the proxies, whose settings then were the defaults', () => {
    const { feed: _feed, ...record } = createRecord();
    const { consumer, upstream, origin, resources } = record.scenario.system;
    const { 'proxy.output': _output, 'intercept.pending': _pending, ...strategy } = record.strategy;
    const before = {
      ...record,
      strategy,
      scenario: {
        ...record.scenario,
        system: {
          resources,
          consumer: { serviceTimeMs: consumer.serviceTimeMs },
          upstream: { connections: upstream.connections },
          origin,
        },
      },
    };
    const read = parseRecord(JSON.stringify(before));
    const { system } = record.scenario;
    const withoutStore = {
      ...system,
      store: { ...system.store, mode: 'none' },
      sse: { ...system.sse, resume: 'none' },
    };
    expect(read.scenario).toEqual({ ...record.scenario, system: withoutStore });
    expect(read.feed).toBeNull();
    expect(read.strategy['proxy.output']).toEqual({ text: 'block', stages: [] });
    expect(read.strategy['intercept.pending']).toEqual({ text: 'unbounded', stages: [] });
    expect(read.strategy['sse.client']).toEqual(record.strategy['sse.client']);
  });

  it('does not make up what every record has said', () => {
    const record = createRecord();
    const { 'sse.client': _client, ...strategy } = record.strategy;
    const { origin: _origin, consumer: _consumer, ...rest } = record.scenario.system;
    const system = { ...rest, upstream: {} };
    const damaged = { ...record, strategy, scenario: { ...record.scenario, system } };
    expect(
      refusalOf(JSON.stringify(damaged))
        .hints.map((hint) => hint.split(':')[0])
        .sort(),
    ).toEqual([
      'scenario.system.consumer',
      'scenario.system.origin',
      'scenario.system.upstream.connections',
      'strategy.sse.client',
    ]);
  });

  it('keeps keys that it does not know', () => {
    const json = JSON.stringify({ ...createRecord(), later: { added: 1 } });
    expect(parseRecord(json)).toMatchObject({ later: { added: 1 } });
  });

  it('is a JSON Schema 2020-12 that requires every top-level key and allows others', () => {
    const schema = recordJsonSchema() as {
      $schema: string;
      required: string[];
      additionalProperties?: unknown;
      properties: Record<string, unknown>;
    };
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect([...schema.required].sort()).toEqual(Object.keys(createRecord()).sort());
    expect(schema.additionalProperties).toBeUndefined();
    expect(schema.properties['schemaVersion']).toMatchObject({ const: 1 });
  });

  it('says that a record is cut off, wherever it was cut', () => {
    const json = JSON.stringify(createRecord(), null, 2);
    for (const length of [1, 100, 5000, json.length - 2]) {
      expect(refusalOf(json.slice(0, length)).message).toBe(
        `some/record.json is cut off after ${length} characters`,
      );
    }
    const behindBrace = json.indexOf('}', 5000) + 1;
    expect(refusalOf(json.slice(0, behindBrace)).message).toContain('is cut off after');
  });

  it.each(['{"a": [}', '{"a": x, "b": {', '{"a": 1} {', `{"a": "x", "b: 1, "c": {"d": ${'1, '.repeat(50)}`])(
    'does not say so of what is wrong before its end: %s',
    (json) => {
      expect(refusalOf(json).message).toContain('some/record.json is no JSON: ');
    },
  );

  it.each(['__proto__', '\\u005f_proto\\u005F_'])(
    'refuses a key %s, which no schema would look at',
    (key) => {
      const json = JSON.stringify(createRecord()).replace('"groups":{', `"groups":{"${key}":7,`);
      expect(refusalOf(json).message).toBe('some/record.json is a damaged record: a key is called __proto__');
    },
  );

  it.each(['soon', '', '2026-11-21', '2026-02-30T10:15:00.000Z', '2026-11-21T10:15:00.000+01:00', 7, null])(
    'refuses %j as a start',
    (startedAt) => {
      const { hints } = refusalOf(JSON.stringify({ ...createRecord(), startedAt }));
      expect(hints).toEqual(['startedAt: expected an ISO 8601 time in UTC']);
    },
  );

  it('takes any time of toISOString for a start, and publishes that it is one', () => {
    for (const ms of [0, Date.UTC(2024, 1, 29), Date.UTC(2026, 10, 21, 10, 15, 0, 7)]) {
      const record = createRecord({ startedAt: new Date(ms).toISOString() });
      expect(parseRecord(JSON.stringify(record))).toEqual(record);
    }
    expect(recordJsonSchema()).toMatchObject({
      properties: { startedAt: { pattern: expect.stringContaining('T(?:') } },
    });
  });

  it('tells empty, foreign, comparison and later documents apart', () => {
    expect(refusalOf(' \n').message).toBe('some/record.json is empty');
    expect(refusalOf('not json').message).toContain('some/record.json is no JSON: ');
    for (const foreign of ['{}', '[]', 'null', '42', '{"kind":"run"}']) {
      expect(refusalOf(foreign).message).toContain('is no bpbench record');
    }
    expect(refusalOf('{"schemaVersion":1,"kind":"comparison"}').message).toBe(
      'some/record.json is a record of kind "comparison", expected "run"',
    );
    expect(refusalOf(JSON.stringify({ ...createRecord(), schemaVersion: 2 })).message).toBe(
      'some/record.json has schemaVersion 2, this bpbench reads up to 1',
    );
  });

  it('names the fields that are wrong, the first five of them', () => {
    const one = refusalOf(JSON.stringify({ ...createRecord(), seed: 'x' }));
    expect(one.message).toBe('some/record.json is a damaged record, 1 field is wrong');
    expect(one.hints).toEqual([expect.stringMatching(/^seed: /)]);
    const many = refusalOf('{"schemaVersion":1,"kind":"run"}');
    expect(many.hints).toHaveLength(6);
    expect(many.hints[5]).toMatch(/^and \d+ more$/);
  });

  it('refuses counts that are no whole numbers and statuses that do not exist', () => {
    const record = createRecord();
    const damaged = {
      ...record,
      verdict: { status: 'great', reasons: [] },
      ledgers: {
        boundaries: { 'sse.client': { ...record.ledgers.boundaries['sse.client'], offered: 0.5 } },
        endToEnd: {},
      },
    };
    expect(
      refusalOf(JSON.stringify(damaged))
        .hints.map((hint) => hint.split(':')[0])
        .sort(),
    ).toEqual(['ledgers.boundaries.sse.client.offered', 'verdict.status']);
  });
});
