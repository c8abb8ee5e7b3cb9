import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as hdr from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import hlog from '../../../src/report/formats/hlog.ts';
import percentiles from '../../../src/report/formats/percentiles.ts';
import type { Report } from '../../../src/report/report.ts';
import { findProgram } from '../../clients/programs.ts';
import { describeUnless } from '../../clients/requirement.ts';
import { createRegression, reportOf, runOf } from '../comparison-fixtures.ts';
import { createRecord } from '../fixtures.ts';
import { createHostileRecord, createIntervals, HOSTILE_TEXTS, REPORTS, runReportOf } from './reports.ts';

const RUN = REPORTS['a run'] as Report;
/** Debian's, or what a build with Maven has left. */
const JAR = [
  '/usr/share/java/hdrhistogram.jar',
  ...globSync('.m2/repository/org/hdrhistogram/HdrHistogram/*/*.jar', { cwd: homedir() }).map((path) =>
    join(homedir(), path),
  ),
].find((path) => existsSync(path));

function tagsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/^Tag=([^,]*),/gm)].map(([, tag = '']) => tag))];
}

/** All values of one tag, by the library's own reader. */
function countOf(text: string, tag: string): number {
  const reader = new hdr.HistogramLogReader(text);
  let count = 0;
  for (let next = reader.nextIntervalHistogram(); next != null; next = reader.nextIntervalHistogram()) {
    if (next.tag === tag) count += next.totalCount;
  }
  return count;
}

describe('HdrHistogram log', () => {
  it('is read by hdr-histogram-js: every group and kind, and all responses without a tag', () => {
    const text = hlog.render(RUN);
    expect(tagsOf(text)).toContain('sse-slow.response');
    expect(countOf(text, 'sse-slow.response')).toBe(600);
    expect(countOf(text, 'NO TAG')).toBe(4 * 600);
  });

  it('puts the arm in front of the tags of a comparison, and runs in the order of time', () => {
    const runs = [runOf('main', 0, { id: 'a' }), runOf('now', 0, { id: 'b' })];
    const report = reportOf(createRegression({ runs }), [
      runReportOf(createRecord({ id: 'b', startedAt: '2026-11-21T10:20:00.000Z' }), {
        intervals: createIntervals(['ws']),
      }),
      runReportOf(createRecord({ id: 'a', startedAt: '2026-11-21T10:15:00.000Z' }), {
        intervals: createIntervals(['ws']),
      }),
    ]);
    const text = hlog.render(report);
    expect(tagsOf(text)).toEqual(['main.ws.response', 'main.ws.slip', 'now.ws.response', 'now.ws.slip']);
    const starts = [...text.matchAll(/^(\d+\.\d+),/gm)].map(([, start]) => Number(start));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBe(302);
  });

  it('keeps tags to what log readers can bear', () => {
    for (const text of HOSTILE_TEXTS) {
      const report = runReportOf(createHostileRecord(text), { intervals: createIntervals([text], 1, 5) });
      for (const tag of tagsOf(hlog.render(report))) expect(tag).toMatch(/^[A-Za-z0-9_.:|-]+$/);
    }
  });
});

describe('percentile distribution', () => {
  it('has a table for each group, with two empty lines between them', () => {
    const tables = percentiles.render(RUN).trimEnd().split('\n\n\n');
    expect(tables.map((table) => table.split('\n', 1)[0])).toEqual(
      ['sse fast', 'sse slow', 'ws', 'proxy'].map(
        (group) => `#[burst · drop-oldest · ${group} · response, ms]`,
      ),
    );
    expect(tables[0]).toMatch(/^ +4\.2\d\d 1\.000000000000 +600$/m);
  });

  it('says that there are none', () => {
    expect(percentiles.render(REPORTS['a run of nothing'] as Report)).toBe('# no response times\n');
  });
});

const missing = [
  findProgram('java') === undefined ? 'java' : '',
  JAR === undefined ? 'hdrhistogram.jar' : '',
];
describeUnless(
  missing.filter((name) => name !== ''),
  ['default-jre-headless', 'libhdrhistogram-java'],
  'HdrHistogram log by Java',
  () => {
    let folder = '';
    const run = (...args: string[]): string => {
      const all = [
        '-Xshare:auto',
        '-cp',
        JAR ?? '',
        'org.HdrHistogram.HistogramLogProcessor',
        '-i',
        join(folder, 'x.hlog'),
      ];
      return execFileSync('java', [...all, ...args], { encoding: 'utf8' });
    };
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'bpbench-hlog-'));
      writeFileSync(join(folder, 'x.hlog'), hlog.render(RUN));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('lists the same tags', () => {
      const listed = run('-listtags')
        .split('\n')
        .slice(2)
        .filter((line) => line !== '');
      expect(listed.toSorted()).toEqual(tagsOf(hlog.render(RUN)).toSorted());
    });

    it('makes the same table of percentiles of a tag, to the last digit', () => {
      run('-tag', 'sse-slow.response', '-outputValueUnitRatio', '1000', '-o', join(folder, 'out'));
      const rows = (text: string): string[] =>
        text
          .split('\n')
          .filter(
            (line) =>
              /^[ \d#].*\d/.test(line) && !line.startsWith('#[Overall') && !line.startsWith('#[StartTime'),
          );
      const table =
        percentiles
          .render(RUN)
          .split('\n\n\n')
          .find((one) => one.includes('· sse slow ·')) ?? '';
      const java = rows(readFileSync(join(folder, 'out.hgrm'), 'utf8'));
      expect(java.length).toBeGreaterThan(20);
      expect(rows(table).filter((line) => !line.includes('·'))).toEqual(java);
    });

    it('can fail: another tag has another table', () => {
      run('-tag', 'proxy.slip', '-outputValueUnitRatio', '1000', '-o', join(folder, 'other'));
      const max = (text: string): string | undefined => /#\[Max +=[ \d.]+/.exec(text)?.[0];
      const own =
        percentiles
          .render(RUN)
          .split('\n\n\n')
          .find((one) => one.includes('· sse slow ·')) ?? '';
      expect(max(own)).toBeDefined();
      expect(max(readFileSync(join(folder, 'other.hgrm'), 'utf8'))).not.toBe(max(own));
    });
  },
);
