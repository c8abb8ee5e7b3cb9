/** Markdown by an independent renderer of CommonMark with tables. */
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import githubSummary, { renderSummaryWithin } from '../../../src/report/formats/github-summary.ts';
import markdown from '../../../src/report/formats/markdown.ts';
import { toDetails } from '../../../src/report/markdown-text.ts';
import type { Report } from '../../../src/report/report.ts';
import { createRegression, createSingle, createVersus, reportOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import {
  createHostileComparison,
  createHostileRecord,
  createHostileReport,
  HOSTILE_TEXTS,
  REPORTS,
  runReportOf,
} from './reports.ts';

const renderer = new MarkdownIt({ html: true });
const OURS = /^<\/?details>$|^<summary>[^<]*<\/summary>$/;

/** HTML that is not ours, links and images: what a text could smuggle in. */
function foreignMarkup(text: string): string[] {
  const tokens = renderer.parse(text, {}).flatMap((token) => [token, ...(token.children ?? [])]);
  return tokens.flatMap((token) => {
    if (token.type === 'image' || (token.type === 'link_open' && token.tag === 'a')) return [token.type];
    if (token.type !== 'html_block' && token.type !== 'html_inline') return [];
    return token.content.split('\n').filter((line) => line !== '' && !OURS.test(line));
  });
}

/** Cells of each row of each table. */
function tablesOf(text: string): number[][] {
  const html = renderer.render(text);
  return [...html.matchAll(/<table>([\s\S]*?)<\/table>/g)].map(([, table = '']) =>
    [...table.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(
      ([, row = '']) => [...row.matchAll(/<t[hd][ >]/g)].length,
    ),
  );
}

describe('Markdown of a comparison', () => {
  it.each([
    ['regression', () => reportOf(createRegression())],
    ['versus', () => reportOf(createVersus())],
    ['single', createSingle],
  ])('prints %s to the letter', async (name, create) => {
    await expect(markdown.render(create())).toMatchFileSnapshot(`../golden/markdown-${name}.txt`);
  });

  it('has the table that people paste in front of everything but the verdict', () => {
    const lines = markdown.render(reportOf(createRegression())).split('\n');
    const table = lines.findIndex((line) => line.startsWith('| metric'));
    expect(lines.slice(0, table).filter((line) => line.startsWith('#'))).toEqual([
      '# burst: now against main',
    ]);
    expect(lines.find((line) => line.startsWith('| all.p99'))).toContain('WORSE');
  });

  it('says that single runs prove nothing', () => {
    expect(markdown.render(createSingle())).toContain('one run each, unreplicated');
  });
});

describe.each([markdown, githubSummary])('Markdown as $name', (format) => {
  it.each(Object.entries(REPORTS))('has whole tables and no markup but its own in %s', (_what, report) => {
    const text = format.render(report);
    expect(foreignMarkup(text)).toEqual([]);
    for (const rows of tablesOf(text)) expect(new Set(rows).size).toBe(1);
  });

  it('keeps hostile texts text, in tables as wide as their heads', () => {
    for (const hostile of HOSTILE_TEXTS) {
      for (const report of [createHostileReport(hostile), createHostileComparison(hostile)]) {
        const text = format.render(report);
        expect({ hostile: hostile.slice(0, 30), found: foreignMarkup(text) }).toMatchObject({ found: [] });
        for (const rows of tablesOf(text)) expect(new Set(rows).size).toBe(1);
      }
    }
  });

  it('shows hostile names as they are', () => {
    const html = renderer.render(
      format.render(runReportOf(createHostileRecord('`|`*_~[x](javascript:y) <b>'))),
    );
    expect(html).toMatch(/<td[^>]*>`\|`\*_~\[x\]\(javascript:y\) &lt;b&gt;<\/td>/);
  });
});

describe('GitHub step summary', () => {
  const many = createRecord();
  const stall = { code: 'x', level: 'info' as const, text: 'y'.repeat(2000) };
  const huge: Report = runReportOf({ ...many, findings: Array.from({ length: 1000 }, () => stall) });

  it('folds detail away and leaves what matters open', () => {
    const text = githubSummary.render(REPORTS['a run'] as Report);
    expect(text).toContain('## Checks');
    expect(text).toContain('<summary>Where it ran</summary>');
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it('stays below its budget by leaving out sections from the end, and says so', () => {
    const text = githubSummary.render(huge);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(900_000);
    expect(text).toMatch(/_\d+ sections are left out for want of room\._\n$/);
    expect(text).toContain('✓ PASS');
    expect(text).toContain('## Checks');
  });

  it.each([0, 50, 200, 1000, 5000])('fits into %i bytes too, cut between lines', (budget) => {
    const text = renderSummaryWithin(huge, budget);
    const notice = '\n\n_The rest is left out for want of room._\n'.length;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(Math.max(budget, notice));
    expect(text.isWellFormed()).toBe(true);
  });
});

describe('details', () => {
  it('escape their title, and are not there without content', () => {
    expect(toDetails('<b>&', ['text'])).toBe(
      '<details>\n<summary>&lt;b&gt;&amp;</summary>\n\ntext\n\n</details>',
    );
    expect(toDetails('title', ['', ''])).toBe('');
  });
});
