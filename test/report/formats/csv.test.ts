import { describe, expect, it } from 'vitest';
import csv from '../../../src/report/formats/csv.ts';
import type { Report } from '../../../src/report/report.ts';
import { createRegression, reportOf, runOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import { createHostileReport, HOSTILE_TEXTS, REPORTS, runReportOf } from './reports.ts';

/** RFC 4180, read character by character: an independent reader. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') cell += text[++at];
      else isQuoted = false;
    } else if (character === '"' && cell === '') isQuoted = true;
    else if (character === ',' || character === '\r') {
      row.push(cell);
      cell = '';
      if (character === ',') continue;
      expect(text[++at], 'CR LF').toBe('\n');
      rows.push(row);
      row = [];
    } else cell += character;
  }
  expect([row, cell], 'nothing behind the last line').toEqual([[], '']);
  return rows;
}

function tableOf(report: Report): Record<string, string>[] {
  const [header = [], ...rows] = parse(csv.render(report));
  return rows.map((row) => {
    expect(row).toHaveLength(header.length);
    return Object.fromEntries(header.map((name, at) => [name, row[at] ?? '']));
  });
}

describe('CSV', () => {
  it('has one row for each group of a run, in the order of the scenario', () => {
    const table = tableOf(REPORTS['a run'] as Report);
    expect(table.map(({ group }) => group)).toEqual(['sse fast', 'sse slow', 'ws', 'proxy']);
    expect(table[1]).toMatchObject({
      run: 'k3f9a',
      arm: 'drop-oldest',
      block: '',
      seed: '4711',
      offered: '8100',
      dropped: '5170',
      response_p99_ms: '610',
      all_p99_ms: 'inf',
      deadline_miss_share: '0.638',
    });
  });

  it('says of each run of a comparison which arm and block it is of, and whether it counts', () => {
    const runs = [runOf('main', 0, { id: 'a' }), runOf('now', 0, { id: 'b', rejected: 'slip, "late"' })];
    const report = reportOf(
      createRegression({ runs }),
      ['a', 'b'].map((id) => runReportOf(createRecord({ id }))),
    );
    const table = tableOf(report).filter(({ group }) => group === 'ws');
    expect(table.map(({ run, arm, block, rejected }) => [run, arm, block, rejected])).toEqual([
      ['a', 'main', '1', ''],
      ['b', 'now', '1', 'slip, "late"'],
    ]);
  });

  it('leaves empty what nobody could tell', () => {
    expect(tableOf(REPORTS['a run of nothing'] as Report)[0]).toMatchObject({
      response_p99_ms: '',
      all_p99_ms: '',
      deadline_miss_share: '',
    });
  });

  it('lets no spreadsheet take a text for a formula', () => {
    for (const text of [...HOSTILE_TEXTS, ' =1+1', '\t=1', '＝1']) {
      for (const row of tableOf(createHostileReport(text))) {
        for (const [name, cell] of Object.entries(row)) {
          const isFormula = /^[\s"]*[=+\-@＝]/.test(cell) && Number.isNaN(Number(cell));
          expect({ name, cell: cell.slice(0, 30), isFormula }).toMatchObject({ isFormula: false });
        }
      }
    }
    expect(tableOf(runReportOf(createRecord({ strategyName: '=1+1' })))[0]).toMatchObject({
      strategy: "'=1+1",
    });
  });
});
