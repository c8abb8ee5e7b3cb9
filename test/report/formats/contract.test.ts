/** What every format promises, for every kind of report. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import type { Format } from '../../../src/report/formats/format.ts';
import { findByExtension } from '../../../src/report/formats/format.ts';
import json from '../../../src/report/formats/json.ts';
import { ALL_FORMATS, FORMATS } from '../../../src/report/formats/registry.ts';
import { parseRecord } from '../../../src/report/record-document.ts';
import type { Report } from '../../../src/report/report.ts';
import { ALL_TREND_FORMATS } from '../../../src/report/trend/formats.ts';
import { createRecord } from '../fixtures.ts';
import {
  createHostileComparison,
  createHostileReport,
  HOSTILE_TEXTS,
  REPORTS,
  runReportOf,
} from './reports.ts';

const FOLDER = fileURLToPath(new URL('../../../src/report/formats/', import.meta.url));
/** Formats of programs, which escape by rules of their own and may keep such characters in strings. */
const KEEPS_CONTROL: ReadonlySet<string> = new Set(['json', 'ndjson', 'openmetrics', 'openmetrics-series']);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

function checkText(format: Format, report: Report): void {
  const content = format.render(deepFreeze(report));
  expect(format.render(report) === content, 'the same report, the same bytes').toBe(true);
  if (!format.isText) return;
  const text = content as string;
  expect(text.endsWith('\n'), 'ends with a line break').toBe(true);
  expect(text.isWellFormed(), 'has no lone surrogates').toBe(true);
  // Nothing that was measured may steer whoever reads a report.
  const steers = /\p{Cc}/u.test(text.replace(/[\r\n]/g, ''));
  expect(steers && !KEEPS_CONTROL.has(format.name), 'has control characters').toBe(false);
}

describe.each(ALL_FORMATS.map((format) => [format.name, format] as const))('format %s', (_name, format) => {
  it.each(Object.entries(REPORTS))('renders %s', (_what, report) => {
    checkText(format, report);
    // A script may say these words; what it stands beside may not.
    const content = String(format.render(report)).replace(/<script>[\s\S]*<\/script>/, '');
    expect(/.{0,40}(\bundefined\b|\bNaN\b|\[object ).{0,40}/.exec(content)).toBeNull();
  });

  it('says the same of a record in memory and of one from disk', () => {
    const record = createRecord();
    const never = { ...record.checks[0], actual: Number.POSITIVE_INFINITY } as RunRecord['checks'][number];
    const report = runReportOf({ ...record, checks: [never, ...record.checks] });
    const back = { ...report, record: parseRecord(json.render(report)) };
    expect(format.render(back) === format.render(report)).toBe(true);
  });

  it.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 40), text] as const))(
    'bears %j everywhere',
    (_shown, text) => {
      checkText(format, createHostileReport(text));
      checkText(format, createHostileComparison(text));
    },
  );
});

describe('registry of formats', () => {
  it('names each format by its own name, and its file too', () => {
    for (const [name, format] of Object.entries(FORMATS)) expect(format.name).toBe(name);
    const files = readdirSync(FOLDER).map((file) => file.replace(/\.ts$/, ''));
    expect(Object.keys(FORMATS).filter((name) => !files.includes(name))).toEqual([]);
  });

  it('gives no extension to two formats', () => {
    const all = ALL_FORMATS.flatMap(({ extensions }) => extensions);
    expect(new Set(all).size).toBe(all.length);
    for (const extension of all) expect(extension).toMatch(/^(\.[a-z]+)+$/);
  });

  it.each([
    ['report.md', 'markdown'],
    ['REPORT.MD', 'markdown'],
    ['out.summary.md', 'github-summary'],
    ['x.json', 'json'],
    ['x.badge.json', 'shields'],
    ['x.om', 'openmetrics'],
    ['x.series.om', 'openmetrics-series'],
    ['some/junit.xml', 'junit'],
    ['x.hgrm', 'percentiles'],
  ])('finds the format of %s by the longest end that fits: %s', (path, name) => {
    expect(findByExtension(path, ALL_FORMATS)?.name).toBe(name);
  });

  it('is what docs/reports.md says it is', () => {
    const page = readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8');
    const listed = [...page.matchAll(/^\| `([\w-]+)` \| ((?:`[.\w]+` ?)+)\|/gm)].map(
      ([, name, ends = '']) => [name, ends.trim().replaceAll('`', '').split(' ')],
    );
    // The formats of a trend have a table of their own.
    const formats = [...ALL_FORMATS, ...ALL_TREND_FORMATS];
    expect(listed).toEqual(formats.map(({ name, extensions }) => [name, extensions]));
  });

  it('finds none for other ends', () => {
    for (const path of ['x', 'x.pdf', 'md', '.mdx', 'x.json.bak'])
      expect(findByExtension(path, ALL_FORMATS)).toBeUndefined();
  });
});
