import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import openmetrics from '../../../src/report/formats/openmetrics.ts';
import openmetricsSeries from '../../../src/report/formats/openmetrics-series.ts';
import type { Report } from '../../../src/report/report.ts';
import { describeWith } from '../../clients/requirement.ts';
import { createRegression, createVersus, reportOf, runOf } from '../comparison-fixtures.ts';
import { createRecord, rowAt } from '../fixtures.ts';
import { createHostileRecord, createHostileReport, HOSTILE_TEXTS, REPORTS, runReportOf } from './reports.ts';

const RUN = 'scenario="burst",strategy="drop-oldest",run="k3f9a"';

function samplesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('OpenMetrics', () => {
  const text = openmetrics.render(REPORTS['a run'] as Report);

  it('gives seconds and bytes, totals their suffix, and what was never served as +Inf', () => {
    expect(text).toContain(`bpbench_memory_bytes{${RUN},kind="rss"} 149946368\n`);
    expect(text).toContain(
      `bpbench_dropped_total{${RUN},group="sse slow",path="sse",reason="overflow.drop-oldest"} 5170\n`,
    );
    expect(text).toContain(
      `bpbench_latency_seconds{${RUN},group="sse slow",path="sse",view="response",quantile="0.99"} 0.61\n`,
    );
    expect(text).toContain(
      `bpbench_latency_seconds{${RUN},group="sse slow",path="sse",view="all",quantile="0.99"} +Inf\n`,
    );
    expect(text).toContain(
      '# TYPE bpbench_memory_bytes gauge\n# UNIT bpbench_memory_bytes bytes\n# HELP bpbench_memory_bytes ',
    );
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  it('keeps the samples of a family together, and none twice', () => {
    for (const report of Object.values(REPORTS)) {
      const lines = samplesOf(openmetrics.render(report));
      expect(new Set(lines.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(lines.length);
      const types = [...openmetrics.render(report).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
      expect(new Set(types).size).toBe(types.length);
    }
  });

  it('leaves out what nobody could tell, instead of a 0', () => {
    const nothing = openmetrics.render(REPORTS['a run of nothing'] as Report);
    expect(nothing).not.toContain('bpbench_memory_bytes{');
    expect(nothing).not.toContain('bpbench_deadline_miss_ratio{');
  });

  it('shows the medians, intervals and verdicts of a comparison in base units', () => {
    const versus = openmetrics.render(reportOf(createVersus()));
    const labels = 'comparison="c0mp4",scenario="burst",metric="ageP99(sse slow)"';
    expect(versus).toContain(`bpbench_metric_seconds{${labels},arm="drop-oldest"} 0.64\n`);
    expect(versus).toContain(
      `bpbench_metric_verdict{${labels},arm="drop-oldest",reference="block",bpbench_metric_verdict="better"} 1\n`,
    );
    expect(versus).toContain(
      'bpbench_comparison_status{comparison="c0mp4",scenario="burst",bpbench_comparison_status="pass"} 1\n',
    );
  });

  it('counts blocks from 1, as everything that people read', () => {
    const comparison = reportOf(createRegression({ runs: [runOf('now', 1, { id: 'k3f9a' })] }), [
      runReportOf(createRecord({ id: 'k3f9a' })),
    ]);
    expect(openmetrics.render(comparison)).toContain(`bpbench_stalls_total{${RUN},arm="now",block="2"} 0\n`);
    const alone = reportOf(createRegression({ runs: [runOf('now', 1, { block: null, id: 'k3f9a' })] }), [
      runReportOf(createRecord({ id: 'k3f9a' })),
    ]);
    expect(openmetrics.render(alone)).toContain(`bpbench_stalls_total{${RUN},arm="now"} 0\n`);
  });

  it('escapes quotes, backslashes and line ends in labels', () => {
    const hostile = openmetrics.render(runReportOf(createHostileRecord('a"b\\c\nd')));
    expect(hostile).toContain('scenario="a\\"b\\\\c\\nd"');
    expect(hostile.split('# EOF')).toHaveLength(2);
  });
});

describe('OpenMetrics with timestamps', () => {
  it('stamps each moment with wall time, series by series in the order of time', () => {
    const timeline = [
      rowAt(
        300,
        { 'sse.client': 3 },
        { offered: 20, latencyMs: { ws: { count: 4, p50: 1, p99: 2, max: 3 } } },
      ),
      rowAt(100, { 'sse.client': 1 }, { offered: 10 }),
      rowAt(100, { 'sse.client': 2 }, { offered: 11 }),
    ];
    const text = openmetricsSeries.render(runReportOf(createRecord(), { timeline }));
    const startSec = Date.parse('2026-11-21T10:15:00.123Z') / 1000;
    const series = samplesOf(text).filter((line) => line.startsWith('bpbench_timeline_queue_items{'));
    expect(series).toEqual([
      `bpbench_timeline_queue_items{${RUN},boundary="sse.client"} 1 ${(startSec + 0.1).toFixed(3)}`,
      `bpbench_timeline_queue_items{${RUN},boundary="sse.client"} 3 ${(startSec + 0.3).toFixed(3)}`,
    ]);
    expect(text).toContain(
      `bpbench_timeline_response_seconds{${RUN},group="ws",stat="p99"} 0.002 ${(startSec + 0.3).toFixed(3)}\n`,
    );
  });
});

describeWith({ promtool: 'prometheus' }, 'OpenMetrics by promtool', () => {
  /** Samples without a timestamp are stamped: a backfill wants one, and reads all the rest as strictly. */
  const importText = (text: string): { status: number | null; output: string; samples: number } => {
    const folder = mkdtempSync(join(tmpdir(), 'bpbench-promtool-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const stamped = text.replace(/^(?!#)(.+) (\S+)$/gm, (line, series: string) =>
      /^\d{9,}\.\d{3}$/.test(line.slice(series.length + 1)) ? line : `${line} 1795280859.466`,
    );
    const file = join(folder, 'metrics.om');
    writeFileSync(file, stamped);
    const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, 'tsdb')];
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    const samples = stdout
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(/\s{2,}/)[4] ?? 0));
    return { status, output: stderr.slice(0, 300), samples: samples.reduce((sum, count) => sum + count, 0) };
  };

  it.each(['a run', 'a regression', 'a comparison of strategies', 'a stalled run'])(
    'imports every sample of %s',
    (what) => {
      for (const format of [openmetrics, openmetricsSeries]) {
        const text = format.render(REPORTS[what] as Report);
        const expected = samplesOf(text).length;
        if (expected > 0) expect(importText(text)).toEqual({ status: 0, output: '', samples: expected });
      }
    },
  );

  it('imports hostile labels', () => {
    for (const hostile of HOSTILE_TEXTS.filter((text) => /["\\\n]/.test(text))) {
      const text = openmetrics.render(createHostileReport(hostile));
      expect(importText(text)).toEqual({ status: 0, output: '', samples: samplesOf(text).length });
    }
  });

  it('can fail: without # EOF it is refused', () => {
    const text = openmetrics.render(REPORTS['a run'] as Report).replace('# EOF\n', '');
    expect(importText(text).output).toContain('EOF');
  });
});
