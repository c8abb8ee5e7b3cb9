/** A trend in each of its forms: the same hints in the same words, nothing of a record that is markup. */
import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { trendChart } from '../../../src/report/charts/comparison/trend.ts';
import { renderSvg } from '../../../src/report/charts/svg.ts';
import { ALL_TREND_FORMATS, TREND_FORMATS } from '../../../src/report/trend/formats.ts';
import { specOf } from '../../../src/report/trend/trend.ts';
import { HOSTILE_TEXTS } from '../formats/reports.ts';
import { createSeries, pointAt, reportOf } from './trends.ts';

const { html, markdown, json, csv, text } = TREND_FORMATS;

/** The page without what it brings itself. */
function bodyOf(page: string): string {
  return page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, '');
}

function textOf(page: string): string {
  return bodyOf(page)
    .replace(/<svg[\s\S]*?<\/svg>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ');
}

function headingsOf(page: string): string[] {
  return [...bodyOf(page).matchAll(/<h2 id="[^"]*">([^<]*)</g)].map((match) => match[1] ?? '');
}

describe('the page of a trend', () => {
  const stepped = createSeries(30, 18);
  const page = html.render(reportOf([stepped]));

  it('hints in the words of the terminal, where the chart has its mark', () => {
    const hint =
      /all\.p99 (seems to have changed at 2026-03-19 00:00 \(4f2c1fb\): \+[\d.]+ %, from about [^)]+\))/.exec(
        textOf(page),
      )?.[1];
    expect(hint).toBeDefined();
    expect(text.render(reportOf([stepped])).replaceAll(/\s+/g, ' ')).toContain(hint);
    expect(markdown.render(reportOf([stepped]))).toContain(`- all.p99 ${hint}`);
    const [figure = ''] = /<figure[\s\S]*?<\/figure>/.exec(page) ?? [];
    expect(figure).toContain(/: (\+[\d.]+ %),/.exec(hint ?? '')?.[1]);
    // The mark stands where the table and the words say it does.
    const values = stepped.points.map(
      ({ startedAt, commit, leftOut, values: { 'all.p99': value = null } }) => ({
        ...{ startedAt, label: commit?.slice(0, 7) ?? '', leftOut, value },
      }),
    );
    const label = /: (\+[\d.]+ %),/.exec(hint ?? '')?.[1] ?? '';
    const chart = trendChart('series-1-metric-1', specOf('all.p99'), values, [{ at: 18, label }]);
    expect(figure).toContain(renderSvg(chart, { width: 900, height: 270 }));
    expect(textOf(page)).toContain(
      '! 5 HINTS Levels that seem to have changed are marked below. Shown, never gated:',
    );
  });

  it('draws what moves, and says in a sentence what does not', () => {
    expect(page.match(/<figure/g)).toHaveLength(5);
    expect(textOf(page)).toContain('queueMax over results. queueMax is 64 in all 27 results; 3 left out.');
    expect(textOf(page)).toMatch(
      /all\.p99 goes from 15 ms to [\d.]+ ms over 27 results; 1 change found; 3 left out\./,
    );
  });

  it('has the newest results open and older ones folded, with why one is left out', () => {
    expect(textOf(page)).toContain('10 older results');
    expect(textOf(page)).toMatch(/2026-03-18 00:00 4f2c1fa 1 – – – – – – – ! left out: invalid/);
    expect(textOf(page)).toMatch(/changed\? all\.p99, p99, goodput, rss, cpu/);
    expect(html.render(reportOf([stepped], { limit: 0 }))).not.toContain('<details>');
    expect(
      bodyOf(page)
        .match(/<tbody>[\s\S]*?<\/tbody>/g)
        ?.join('')
        .match(/<tr>/g),
    ).toHaveLength(30);
  });

  it('keeps series apart, each with its command, and warns of several hosts', () => {
    const moved = createSeries(8);
    const points = moved.points.map((point, at) => (at < 4 ? point : { ...point, host: 'M4, 10 cores' }));
    const both = html.render(reportOf([stepped, { ...moved, strategy: 'block', plan: 'abc1234', points }]));
    expect(headingsOf(both)).toEqual([
      'burst · drop-oldest',
      'burst · block · plan abc1234',
      'How to read this',
    ]);
    expect(textOf(both)).toContain(
      'Results of 2 different hosts: a step may be the machine. 1: Xeon, 8 cores. 2: M4, 10 cores.',
    );
    expect(both).toContain('<code>bpbench trend burst --strategy block</code>');
    const ids = [...bodyOf(both).matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  it('shows one metric where one is asked for', () => {
    const one = html.render(reportOf([stepped], { metric: 'rss' }));
    expect(one.match(/<figure/g)).toHaveLength(1);
    expect(textOf(one)).toContain('burst · rss Most resident memory of the system.');
    expect(textOf(one)).not.toContain('all.p99');
  });

  it('says so where nobody looked for changes, or there is nothing to show', () => {
    expect(textOf(html.render(reportOf([createSeries(3)])))).toContain(
      'NO HINT Too few results to look for changes: 6 with a value are needed.',
    );
    const empty = html.render(reportOf([], { unreadable: 2, metric: 'p50' }));
    expect(textOf(empty)).toContain('No result has a value of p50.');
    expect(textOf(empty)).toContain('2 results could not be read: bpbench list results says why.');
    const other = html.render(reportOf([createSeries(3)], { metric: 'p50' }));
    expect(textOf(other)).toContain('--metric shows one of these: all.p99, goodput,');
  });

  it('needs nothing from anywhere', () => {
    expect(bodyOf(page)).not.toMatch(
      /\son\w+=|\sstyle=|\ssrc=|<iframe|<object|<embed|<base|<form|<img|href="(?!#)/i,
    );
    expect(page).toContain('default-src &#39;none&#39;');
  });

  it('of 200 results is drawn in full and stays small', () => {
    const large = html.render(reportOf([createSeries(200)]));
    const own = html.render(reportOf([]));
    expect(Buffer.byteLength(large) - Buffer.byteLength(own)).toBeLessThan(150_000);
    expect(
      bodyOf(large)
        .match(/<tbody>[\s\S]*?<\/tbody>/g)
        ?.join('')
        .match(/<tr>/g),
    ).toHaveLength(200);
  });
});

describe('hostile texts', () => {
  // Of a commit only seven characters are shown.
  it.each([...HOSTILE_TEXTS, '<hr>&'].map((hostile) => [hostile.slice(0, 30), hostile]))(
    '%j stays text',
    (_shown, hostile) => {
      const points = Array.from({ length: 8 }, (_, at) =>
        pointAt(
          at,
          { p99: at },
          { commit: hostile, host: `${hostile}${at}`, startedAt: `${hostile}${at}`, name: hostile },
        ),
      );
      const series = { scenario: hostile, strategy: hostile, plan: '', points };
      const report = reportOf([series, { ...series, strategy: `${hostile}2` }], {
        command: hostile,
        commandOf: () => hostile,
      });
      const page = html.render(report);
      expect(page.match(/<script/g)).toHaveLength(1);
      expect(page.match(/<\/template>/g)).toHaveLength(1);
      expect(page.match(/<\/(?:html|body|main)>/g)).toHaveLength(3);
      expect(page).not.toMatch(/<(?:b|hr)>/);
      const control = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
      for (const written of [bodyOf(page), text.render(report), markdown.render(report)])
        expect(written.replaceAll('\n', '')).not.toMatch(control);
      for (const line of csv
        .render(reportOf([series]))
        .split('\n')
        .slice(1))
        expect(line).not.toMatch(/(^|,)"?\s*[=+@-]/);
      expect(JSON.parse(json.render({ ...report, metric: 'p99' })).series[0].scenario).toBe(hostile);
    },
  );
});

describe('the other forms', () => {
  const series = createSeries(30, 18);

  it('Markdown has one table with all main metrics, and marks the first result of a new level', () => {
    const lines = markdown.render(reportOf([series], { limit: 15 })).split('\n');
    expect(lines[0]).toBe('# Trend');
    expect(lines).toContain('## burst · drop-oldest');
    expect(lines.find((line) => line.startsWith('| started'))).toMatch(
      /\| commit +\| runs \| +all\.p99 ↓ \| +p99 ↓ \| loss ↓ \| +goodput ↑ \| +rss ↓ \| queueMax ↓ \| +cpu ↓ \| left out \|/,
    );
    expect(lines.find((line) => line.startsWith('| 2026-03-19'))).toMatch(/→ [\d.]+ ms/);
    expect(lines).toContain('15 older ones not shown: --limit 0 shows all');
    expect(lines.at(-3)).toBe('bpbench trend burst -o trend.html');
  });

  it('JSON has the values of one metric, and says that nothing is gated', () => {
    const written = JSON.parse(json.render(reportOf([series])));
    expect(written).toMatchObject({ metric: 'all.p99', gates: false, unreadable: 0 });
    expect(written.series[0].points[4].values).toEqual({ 'all.p99': 'inf' });
    expect(written.series[0].changes).toMatchObject([{ index: 18 }]);
  });

  it('CSV is of one series alone', () => {
    expect(csv.render(reportOf([series], { metric: 'p99' })).split('\n')[1]).toBe(
      `2026-03-01T00:00:00.000Z,${series.points[0]?.commit},12`,
    );
    expect(() => csv.render(reportOf([series, { ...series, strategy: 'block' }]))).toThrow(BenchError);
  });

  it('each have a name and an end of their own', () => {
    const ends = ALL_TREND_FORMATS.flatMap(({ extensions }) => extensions);
    expect(new Set(ends).size).toBe(ends.length);
    for (const [name, format] of Object.entries(TREND_FORMATS)) expect(format.name).toBe(name);
  });
});
