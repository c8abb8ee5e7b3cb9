/** What every page promises, for every kind of report. In a browser: `test/clients/report-page.test.ts`. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import { renderPage, renderPageFiles } from '../../../src/report/html/page.ts';
import { createRecord } from '../fixtures.ts';
import {
  createHostileComparison,
  createHostileRecord,
  HOSTILE_TEXTS,
  REPORTS,
  runReportOf,
} from '../formats/reports.ts';
import { createLargeRun } from './large-run.ts';

/** The page without what it brings itself. */
function bodyOf(page: string): string {
  return page.replace(/<style>[\s\S]*?<\/style>|<script>[\s\S]*?<\/script>/g, '');
}

function attributesOf(page: string, name: string): string[] {
  return [...bodyOf(page).matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))].map(
    (match) => match[1] as string,
  );
}

function headingsOf(page: string): string[] {
  return [...bodyOf(page).matchAll(/<h2 id="[^"]*">([^<]*)</g)].map((match) => match[1] as string);
}

function textOf(page: string): string {
  return bodyOf(page)
    .replace(/<template[\s\S]*?<\/template>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function pageOf(change: Partial<RunRecord>): string {
  return renderPage(runReportOf(createRecord(change)));
}

describe.each(Object.entries(REPORTS))('the page of %s', (_name, report) => {
  const page = renderPage(report);

  it('has one of each id, and no link that leads nowhere', () => {
    const ids = attributesOf(page, 'id');
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    const anchors = attributesOf(page, 'href').filter((href) => href.startsWith('#'));
    expect(anchors.filter((href) => !ids.includes(href.slice(1)))).toEqual([]);
    const named = attributesOf(page, 'aria-labelledby').flatMap((value) => value.split(' '));
    expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('links to nothing outside, and needs nothing', () => {
    const places = [
      ...attributesOf(page, 'href'),
      ...attributesOf(page, 'src'),
      ...attributesOf(page, 'action'),
    ];
    expect(places.filter((place) => !/^(#[\w.-]+|\.\/[\w.%~!*'()-]+)$/.test(place))).toEqual([]);
    expect(bodyOf(page)).not.toMatch(/\son\w+=|\sstyle=|<iframe|<object|<embed|<base|<form|<img/i);
  });

  it('allows its own style and script alone', () => {
    const [policy] = [...page.matchAll(/Content-Security-Policy" content="([^"]*)"/g)].map(
      (match) => match[1],
    );
    const hash = (element: string): string => {
      const [, text = ''] = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page) ?? [];
      expect(text.length).toBeGreaterThan(1000);
      return `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
    };
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src ${hash('style')}; script-src ${hash('script')}; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain('The MIT License (MIT)\n\nCopyright (c) 2022 Leon Sorokin');
  });

  it('gives every picture a name, a caption and its numbers', () => {
    const figures = [...bodyOf(page).matchAll(/<figure[\s\S]*?<\/figure>/g)].map(([figure]) => figure);
    for (const figure of figures) {
      expect(figure).toMatch(/<figcaption>\s*<h[34] id="[^"]+">[^<]+<\/h[34]>\s*<p>[^<]+<\/p>/);
      expect(figure).toMatch(/<svg [^>]*role="img"/);
    }
  });
});

describe('the page of a run', () => {
  it('tells the verdict, then whether to believe it, then the numbers', () => {
    const page = renderPage(REPORTS['a run'] as never);
    expect(headingsOf(page)).toEqual([
      ...['Validity', 'Checks', 'Findings', 'Clients', 'Over time', 'Latency', 'Queues and resources'],
      ...['Ledger', 'Phases', 'Theory and measurement', 'Where it ran', 'Raw data', 'How to read this'],
    ]);
    expect(page.indexOf('class="verdict good"')).toBeLessThan(page.indexOf('id="validity"'));
    expect(textOf(page)).toMatch(
      /✓ PASS All 3 checks hold\. Valid: the generator kept its plan \(p99 [^)]+ late\), every event accounted for\./,
    );
  });

  it('tells all that the record has of clients, queues and theory', () => {
    const text = textOf(renderPage(REPORTS['a run'] as never));
    expect(text).toContain(
      'sse slow sse, Unix socket, reads 20 KiB/s 50 8,100 2,930 5,170 140 610 720 never 640 63.8',
    );
    expect(text).toContain('sse slow: 5,170 dropped (overflow.drop-oldest 5,170).');
    expect(text).toContain('sse.client drop-oldest 64/64 21.4 825 5,170 0 0');
    expect(text).toContain('age on arrival, sse slow, burst 622 ms 604 ms B/λ + kernel/μ');
    expect(text).toContain('bpbench run burst --strategy drop-oldest --seed 4711');
  });

  it.each([
    [
      'failed checks by name',
      {
        verdict: { status: 'fail', reasons: [{ code: 'check_failed', message: 'x' }] },
        checks: createRecord().checks.map((check) => ({ ...check, status: 'fail' })),
      },
      /✗ FAIL 3 of 3 checks failed: connections\.rejected &lt; 100; .*Exit code 99 /,
    ],
    [
      'that an invalid run proves nothing',
      {
        verdict: {
          status: 'invalid',
          reasons: [{ code: 'unaccounted', message: '3 copies are unaccounted for' }],
        },
        validity: {
          status: 'invalid',
          checks: [{ name: 'ledger', actual: 3, limit: 0, unit: 'copies', status: 'invalid', detail: null }],
        },
      },
      /✗ INVALID Not valid: its numbers prove nothing\. 3 copies are unaccounted for\. Exit code 4 .*shown to find out why, and prove nothing/,
    ],
    [
      'how far a partial run came',
      { partial: true, interruptedBy: 'SIGINT', durationMs: 4000 },
      /! PARTIAL .*Not a whole run: stopped by SIGINT after 4 s; 11 s were planned\. Exit code 130 /,
    ],
    [
      'that nothing was asked for',
      { checks: [] },
      /NO CHECKS Nothing was judged: no checks\..*nothing can fail/,
    ],
    [
      'where an external service is',
      { target: { kind: 'external', urls: { sse: 'http://127.0.0.1:8080/events' } } },
      /System http:\/\/127\.0\.0\.1:8080\/events/,
    ],
  ] as [string, Partial<RunRecord>, RegExp][])('says %s', (_what, change, expected) => {
    expect(textOf(pageOf(change))).toMatch(expected);
  });

  it('draws who waits for whom, before anything else, and links the finding to it', () => {
    const page = renderPage(REPORTS['a stalled run'] as never);
    const headings = headingsOf(page);
    expect(headings.indexOf('Stalls')).toBe(headings.indexOf('Clients') - 1);
    expect(page).toMatch(/<article class="stall">[\s\S]*<svg[^>]*bpb-graph/);
    const found = pageOf({
      stalls: (REPORTS['a stalled run'] as { record: RunRecord }).record.stalls,
      findings: [{ code: 'stall-cycle', level: 'warn', text: 'Stalled for 4 s.' }],
    });
    expect(found).toContain('Stalled for 4 s. <a class="see" href="#stalls">→ Stalls</a>');
  });

  it('says in a sentence what there is no picture of, and what could not be read', () => {
    const report = runReportOf(createRecord(), {
      timeline: [],
      intervals: [],
      problems: ['latency.hlog is not there'],
    });
    const page = renderPage(report);
    expect(page).toContain('Not all of the recorded data could be read: latency.hlog is not there');
    expect(page.match(/class="no-chart"/g)?.length).toBeGreaterThan(5);
    expect(page).toContain('bpb-flow');
  });

  it('links findings to the charts that show them', () => {
    const page = pageOf({
      findings: [{ code: 'drops', level: 'warn', text: 'sse slow lost 5,170 events.' }],
    });
    expect(page).toMatch(
      /lost 5,170 events\. <a class="see" href="#losses">→ [^<]+<\/a> <a class="see" href="#ledger-flow">/,
    );
  });
});

describe('the page of a comparison', () => {
  it('names no winner, who is dominated, and what is proved', () => {
    const page = renderPage(REPORTS['a comparison of strategies'] as never);
    const text = textOf(page);
    expect(headingsOf(page).slice(0, 3)).toEqual(['Validity', 'Findings', 'Trade-offs']);
    expect(text).toMatch(/Who pays with what Not dominated: /);
    expect(text).not.toMatch(/\bwinner\b/i);
    expect(page).toContain('class="bpb-interval"');
  });

  it('says which runs do not count, and why', () => {
    const report = structuredClone(REPORTS['a regression']) as {
      record: { runs: { rejected: string | null }[] };
    };
    const [run] = report.record.runs;
    if (run !== undefined) run.rejected = 'the calibration loop took 7 % longer';
    expect(textOf(renderPage(report as never))).toContain('the calibration loop took 7 % longer');
  });

  it('proves nothing from one run of each', () => {
    expect(textOf(renderPage(REPORTS['single runs side by side'] as never))).toContain(
      'without repetition no difference is proved',
    );
  });
});

describe('hostile texts', () => {
  it.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 30), text]))('%j stays text', (_shown, text) => {
    for (const report of [runReportOf(createHostileRecord(text)), createHostileComparison(text)]) {
      const page = renderPage(report);
      expect(page.match(/<script/g)).toHaveLength(1);
      expect(page.match(/<\/template>/g)).toHaveLength(1);
      expect(page.match(/<\/(?:html|body|main)>/g)).toHaveLength(3);
      expect(bodyOf(page).replaceAll('\n', '')).not.toMatch(
        /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u,
      );
      const hrefs = attributesOf(page, 'href').filter((href) => !/^(#[\w.-]+|\.\/)/.test(href));
      expect(hrefs).toEqual([]);
    }
  });
});

describe('a page with files beside it', () => {
  it('has style and script outside, for hosts that forbid them inside', () => {
    const { html, assets } = renderPageFiles(REPORTS['a run'] as never, 'external');
    expect(Object.keys(assets)).toEqual(['report.css', 'report.js']);
    expect(html).not.toMatch(/<style|<script>/);
    expect(html).toContain('<link rel="stylesheet" href="./report.css">');
    expect(html).toContain('<script src="./report.js" defer></script>');
    expect(html).toContain('style-src &#39;self&#39;; script-src &#39;self&#39;');
  });
});

describe('1000 connections for ten minutes', () => {
  const page = renderPage(createLargeRun());

  it('stays under 2 MB', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
    expect(Buffer.byteLength(page)).toBeGreaterThan(300_000);
  });

  it('carries at most 2,000 points of a line, and spikes are among them', () => {
    const [, encoding, text = ''] =
      /<template id="bpb-data"( data-encoding="gzip")?>([\s\S]*?)<\/template>/.exec(page) ?? [];
    const json = encoding === undefined ? text : gunzipSync(Buffer.from(text, 'base64')).toString();
    const data = JSON.parse(json) as {
      xs: number[][];
      charts: Record<string, { series: { ys: number[] }[] }>;
    };
    expect(Math.max(...data.xs.map((xs) => xs.length))).toBeLessThanOrEqual(2000);
    const series = Object.values(data.charts).flatMap((chart) => chart.series);
    expect(series.length).toBeGreaterThan(20);
    expect(Math.max(...(data.charts['tasks']?.series.flatMap(({ ys }) => ys) ?? []))).toBe(2016);
  });
});
