import { describe, expect, it } from 'vitest';
import badge from '../../../src/report/formats/badge.ts';
import shields from '../../../src/report/formats/shields.ts';
import type { Report } from '../../../src/report/report.ts';
import { createVersus, reportOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import { HOSTILE_TEXTS, REPORTS, runReportOf } from './reports.ts';

describe('badge', () => {
  it('says the verdict in words, for eyes and for screen readers', () => {
    const svg = badge.render(REPORTS['a run'] as Report);
    expect(svg).toContain('role="img" aria-label="bpbench burst: passing"');
    expect(svg).toMatch(/>passing<\/text>/);
  });

  it('is never green for what is partial, invalid, stalled or failed', () => {
    const green = /fill="(#\w+)"\/>/.exec(badge.render(REPORTS['a run'] as Report))?.[1];
    for (const what of [
      'a partial run',
      'an invalid run',
      'a stalled run',
      'a regression',
      'a comparison without a run',
    ]) {
      expect(badge.render(REPORTS[what] as Report), what).not.toContain(`fill="${green}"`);
    }
  });

  it('says that there were no checks, and is not green then', () => {
    const verdict = { status: 'inconclusive' as const, reasons: [{ code: 'nothing_judged', message: '' }] };
    for (const report of [REPORTS['a run without checks'] as Report, reportOf(createVersus({ verdict }))]) {
      expect(JSON.parse(shields.render(report))).toMatchObject({ message: 'no checks', color: 'lightgrey' });
      expect(badge.render(report)).toMatch(/>no checks<\/text>/);
    }
    const failing = createRecord({ checks: [], verdict: { status: 'stalled', reasons: [] } });
    expect(JSON.parse(shields.render(runReportOf(failing)))).toMatchObject({ message: 'stalled' });
  });

  it('is as wide as its words, at most 40 columns of a name', () => {
    const widthOf = (name: string): number => {
      const record = createRecord();
      const svg = badge.render(runReportOf({ ...record, scenario: { ...record.scenario, name } }));
      return Number(/width="(\d+)"/.exec(svg)?.[1]);
    };
    expect(widthOf('burst')).toBeLessThan(widthOf('a longer name'));
    expect(widthOf('x'.repeat(5000))).toBeLessThan(420);
  });

  it('keeps hostile names text', () => {
    for (const text of HOSTILE_TEXTS) {
      const record = createRecord();
      const svg = badge.render(runReportOf({ ...record, scenario: { ...record.scenario, name: text } }));
      expect([...svg.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag).join(' ')).toBe(
        'svg title title rect path g text text text text g svg',
      );
    }
  });
});
