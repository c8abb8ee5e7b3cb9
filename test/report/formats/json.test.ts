/** JSON and NDJSON by their published schemas, in an independent validator. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { comparisonJsonSchema } from '../../../src/report/comparison-schema.ts';
import json from '../../../src/report/formats/json.ts';
import ndjson from '../../../src/report/formats/ndjson.ts';
import shields from '../../../src/report/formats/shields.ts';
import { recordJsonSchema } from '../../../src/report/record-schema.ts';
import { timelineJsonSchema } from '../../../src/report/timeline-schema.ts';
import { createHostileComparison, createHostileReport, HOSTILE_TEXTS, REPORTS } from './reports.ts';

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const validators = {
  run: ajv.compile(recordJsonSchema()),
  comparison: ajv.compile(comparisonJsonSchema()),
};
const validateLine = ajv.compile(timelineJsonSchema());

function problemsOf(validate: (typeof validators)['run'], value: unknown): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`);
}

describe('JSON', () => {
  it.each(Object.entries(REPORTS))('has the published schema for %s', (_what, report) => {
    const value: unknown = JSON.parse(json.render(report));
    expect(problemsOf(validators[report.kind], value)).toEqual([]);
  });

  it('has it with hostile texts too', () => {
    for (const text of HOSTILE_TEXTS) {
      for (const report of [createHostileReport(text), createHostileComparison(text)]) {
        expect(problemsOf(validators[report.kind], JSON.parse(json.render(report)))).toEqual([]);
      }
    }
  });

  it('can fail: a record of the other kind, or with a field less, is refused', () => {
    const value = JSON.parse(json.render(REPORTS['a run'] as (typeof REPORTS)[string])) as object;
    expect(problemsOf(validators.comparison, value)).not.toEqual([]);
    expect(problemsOf(validators.run, { ...value, seed: undefined })).not.toEqual([]);
  });
});

describe('NDJSON', () => {
  it.each(Object.entries(REPORTS))('has the published schema in every line of %s', (_what, report) => {
    const lines = ndjson
      .render(report)
      .split('\n')
      .filter((line) => line !== '');
    for (const line of lines) expect(problemsOf(validateLine, JSON.parse(line))).toEqual([]);
  });

  it('has a header, then a line for each moment', () => {
    const [header = '', first = ''] = ndjson.render(REPORTS['a run'] as (typeof REPORTS)[string]).split('\n');
    expect(JSON.parse(header)).toEqual({
      timelineVersion: 1,
      id: 'k3f9a',
      scenario: 'burst',
      strategy: 'drop-oldest',
      startedAt: '2026-11-21T10:15:00.123Z',
      seed: 4711,
    });
    expect(JSON.parse(first)).toMatchObject({ tMs: 100 });
  });

  it('says in every line of a comparison whose it is', () => {
    const lines = ndjson
      .render(REPORTS['a regression'] as (typeof REPORTS)[string])
      .trimEnd()
      .split('\n')
      .slice(1);
    expect(new Set(lines.map((line) => (JSON.parse(line) as { run: string }).run))).toEqual(
      new Set(['main0']),
    );
  });
});

describe('shields endpoint', () => {
  it.each([
    ['a run', 'passing', 'green', false],
    ['a partial run', 'partial', 'yellow', false],
    ['an invalid run', 'invalid', 'lightgrey', true],
    ['a stalled run', 'stalled', 'red', true],
    ['a regression', 'failing', 'red', true],
    ['a partial comparison', 'partial', 'yellow', false],
    ['a comparison without a run', 'invalid', 'lightgrey', true],
  ])('shows %s as %s in %s', (what, message, color, isError) => {
    expect(JSON.parse(shields.render(REPORTS[what] as (typeof REPORTS)[string]))).toEqual({
      schemaVersion: 1,
      label: 'bpbench burst',
      message,
      color,
      isError,
    });
  });
});
