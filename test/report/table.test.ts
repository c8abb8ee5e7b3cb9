import { describe, expect, it } from 'vitest';
import { type Column, renderTable } from '../../src/report/table.ts';

const COLUMNS: Column[] = [
  { header: '', align: 'left', dropOrder: 0, cells: ['fast', 'very slow'] },
  { header: 'minor', align: 'right', dropOrder: 2, cells: ['1', '2'] },
  { header: 'less', align: 'right', dropOrder: 1, cells: ['10', '20'] },
  { header: 'main', align: 'right', dropOrder: 0, cells: ['100', '2,000'] },
];

describe('table', () => {
  it('aligns every column to its widest cell', () => {
    expect(renderTable(COLUMNS, 80)).toEqual([
      '           minor  less   main',
      'fast           1    10    100',
      'very slow      2    20  2,000',
    ]);
  });

  it('leaves out the least important column first, at exactly the width where it stops fitting', () => {
    expect(renderTable(COLUMNS, 29)[0]).toBe('           minor  less   main');
    expect(renderTable(COLUMNS, 28)[0]).toBe('           less   main');
    expect(renderTable(COLUMNS, 21)[0]).toBe('            main');
  });

  it('cuts names when nothing else can go', () => {
    expect(renderTable(COLUMNS, 14)).toEqual(['          main', 'fast       100', 'very s…  2,000']);
  });

  it('counts the indent and the width of wide characters', () => {
    const columns: Column[] = [
      { header: 'name', align: 'left', dropOrder: 0, cells: ['世界世界'] },
      { header: 'n', align: 'right', dropOrder: 1, cells: ['1'] },
    ];
    expect(renderTable(columns, 13, { indent: '  ' })).toEqual(['  name      n', '  世界世界  1']);
    expect(renderTable(columns, 12, { indent: '  ' })).toEqual(['  name', '  世界世界']);
  });

  it('paints without moving anything', () => {
    const painted = COLUMNS.map((column) => ({
      ...column,
      paint: (cell: string) => `\u001b[31m${cell}\u001b[39m`,
    }));
    const lines = renderTable(painted, 80).map((line) =>
      line.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), ''),
    );
    expect(lines).toEqual(renderTable(COLUMNS, 80));
  });
});
