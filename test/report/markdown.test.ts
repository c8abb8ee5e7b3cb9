import { describe, expect, it } from 'vitest';
import { findFindings } from '../../src/report/findings.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { escapeMarkdown } from '../../src/report/markdown-text.ts';
import { createEmptyRecord, createRecord } from './fixtures.ts';

describe('Markdown report', () => {
  it('prints the fixed run to the letter', async () => {
    const record = createRecord();
    record.findings = findFindings(record);
    await expect(renderMarkdown(record)).toMatchFileSnapshot('golden/report-markdown.txt');
  });

  it('says that nothing was judged, and not that it passed', () => {
    const text = renderMarkdown(createRecord({ checks: [] }));
    expect(text).toContain('**? NO CHECKS** nothing was judged: no checks; valid: ');
    expect(text).not.toContain('PASS');
  });

  it('gives every row of a table as many cells as its header, whatever the names', () => {
    const record = createRecord();
    record.groups = { 'a|b`c\nd': record.groups['ws'] as (typeof record.groups)[string] };
    record.checks = record.checks.map((check) => ({ ...check, name: 'x | y', detail: '|' }));
    for (const block of renderMarkdown(record)
      .split('\n\n')
      .filter((part) => part.startsWith('|'))) {
      const cells = block.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(cells).size).toBe(1);
    }
  });

  it.each([
    ['a|b', 'a\\|b'],
    ['`code`', '\\`code\\`'],
    ['<script>alert(1)</script>', '&lt;script>alert(1)&lt;/script>'],
    ['p99 < 50ms', 'p99 < 50ms'],
    ['[x](javascript:y)', '\\[x](javascript:y)'],
    ['*bold* _soft_ t_fill', '\\*bold\\* \\_soft\\_ t_fill'],
    ['&lt;', '&amp;lt;'],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['1.1 ms', '1.1 ms'],
    ['> quote', '\\> quote'],
    ['back\\slash', 'back\\\\slash'],
    ['two\nlines', 'two lines'],
  ])('escapes %j', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('keeps a command with backticks inside its code block', () => {
    const text = renderMarkdown(createRecord({ command: 'bpbench run ```x' }));
    expect(text).toContain('````sh\nbpbench run ```x\n````');
  });

  it('leaves out what there is nothing to say about', () => {
    const text = renderMarkdown(createEmptyRecord());
    expect(text).not.toMatch(/## (Findings|Phases|Theory|Queues)|NaN|undefined|null/);
    expect(text).toContain('| p99 < 50ms | unknown | actual n/a, limit 50 ms (no samples) |');
  });
});
