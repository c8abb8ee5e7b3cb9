/** Reports of every kind that a format has to bear: plain, empty, partial, invalid, stalled, hostile, and compared. */
import type { ComparisonRecord } from '../../../src/core/comparison.ts';
import { LatencyHistogram } from '../../../src/core/histogram.ts';
import type { GroupResult, RunRecord, Stall } from '../../../src/core/record.ts';
import { findFindings } from '../../../src/report/findings.ts';
import type { LatencyInterval, Report, RunReport } from '../../../src/report/report.ts';
import { createRegression, createSingle, createVersus, reportOf } from '../comparison-fixtures.ts';
import { createEmptyRecord, createRecord, createTimeline } from '../fixtures.ts';

const histograms = new Map<string, string>();

/** A histogram of 1, 2, 3 … `count` times `stepUs`; made once. */
function encodeSteps(stepUs: number, count: number): string {
  const key = `${stepUs} ${count}`;
  const known = histograms.get(key);
  if (known !== undefined) return known;
  const histogram = new LatencyHistogram();
  for (let i = 1; i <= count; i++) histogram.recordUs(i * stepUs);
  const text = histogram.encode();
  histograms.set(key, text);
  return text;
}

/** Response times of `count` events of each group in each of `seconds` intervals, rising second by second. */
export function createIntervals(groups: readonly string[], seconds = 3, count = 200): LatencyInterval[] {
  return Array.from({ length: seconds }, (_, second) =>
    groups.flatMap((group, at) =>
      ['response', 'slip'].map((kind) => {
        const startMs = second * 1000;
        const encoded = encodeSteps((second + 1) * (at + 1) * 7, count);
        return { startMs, endMs: startMs + 1000, group, kind, encoded };
      }),
    ),
  ).flat();
}

/** Every fifth row: the formats treat all alike. */
const TIMELINE = createTimeline().filter((_, at) => at % 5 === 0);

export function runReportOf(record: RunRecord, part: Partial<RunReport> = {}): RunReport {
  return {
    kind: 'run',
    record,
    timeline: TIMELINE,
    intervals: createIntervals(Object.keys(record.groups)),
    folder: '/results/20261121T101500Z-burst-drop-oldest-k3f9a',
    problems: [],
    ...part,
  };
}

export const STALL: Stall = {
  startedMs: 2100,
  durationMs: 4000,
  class: 'cycle',
  boundary: 'ws.outbound',
  path: 'ws',
  summary: 'The reader waits for the writer, which waits for the reader.',
  waitsFor: [{ who: 'reader', what: 'room in ws.outbound', freedBy: ['writer'], ageMs: 4000 }],
  cycle: ['reader', 'writer'],
};

/** What a name, a message or a target's answer may hold. */
export const HOSTILE_TEXTS: readonly string[] = [
  '"><script>alert(1)</script>',
  '</template><!-- --><![CDATA[ ]]> &lt; &#0;',
  '=HYPERLINK("http://x")|\' /C calc\'!A0',
  '+1+1',
  '@SUM(A1:A9)',
  '-2+3',
  'two\nlines\r\n::error::three\n# EOF\n| a | b |',
  '`|`*_~[x](javascript:y) <b>',
  '\u0000\u0007\u001b[31mred\u001b[0m\u009b31m',
  'a\u2028b\u2029c\u202etxt.exe\u2066',
  'lone \ud800 surrogate \udc00',
  '__proto__',
  '100%,25%0A::warning::x',
  '\\" \\n {a="b"} 1 # {} 1',
  '你好 👩‍👩‍👧 é ﷽',
  'x'.repeat(2000),
  ' ',
];

/** A record in which every text that is somebody's is `text`. */
export function createHostileRecord(text: string): RunRecord {
  const record = createRecord();
  const group = record.groups['ws'] as GroupResult;
  const phase = record.phases[0] as RunRecord['phases'][number];
  return {
    ...record,
    id: text,
    command: text,
    strategyName: text,
    scenario: {
      ...record.scenario,
      name: text,
      description: text,
      clients: record.scenario.clients.map((client) => ({ ...client, name: `${text}${client.name}` })),
    },
    environment: { ...record.environment, cpuModel: text, os: text, kernel: text, gitCommit: text },
    verdict: { status: 'fail', reasons: [{ code: text, message: text }] },
    validity: {
      status: 'doubt',
      checks: [{ name: text, actual: 1, limit: 0, unit: text, status: 'doubt', detail: text }],
    },
    groups: Object.fromEntries([
      [text, group],
      [`${text}2`, { ...group, ledger: { ...group.ledger, dropped: { [text]: 3 } } }],
    ]),
    phases: [
      {
        ...phase,
        name: text,
        groups: Object.fromEntries([[text, { delivered: 1, p50Ms: 1, p99Ms: 2, maxMs: 3 }]]),
      },
    ],
    checks: [{ name: text, expression: text, actual: 1, limit: 0, unit: text, status: 'fail', detail: text }],
    findings: [{ code: text, level: 'warn', text }],
    stalls: [
      {
        ...STALL,
        summary: text,
        waitsFor: [{ who: text, what: text, freedBy: [text], ageMs: 1 }],
        cycle: [text],
      },
    ],
    predictions: [
      { quantity: text, formula: text, predicted: 1, measured: 2, unit: text, assumptions: text },
    ],
    target: { kind: 'external', urls: { sse: text } },
    files: [text, 'record.json'],
  };
}

export function createHostileReport(text: string): RunReport {
  return runReportOf(createHostileRecord(text), { intervals: createIntervals([text], 1, 5) });
}

export function createHostileComparison(text: string): Report {
  const record = finite(createVersus());
  const scenario = { ...record.plan.scenario, name: text, description: text };
  const rename = (name: string): string => `${text}${name}`;
  return reportOf(
    {
      ...record,
      id: text,
      command: text,
      reference: rename(record.reference),
      plan: { hash: text, scenario },
      arms: record.arms.map((arm) => ({ ...arm, name: rename(arm.name), strategyName: text })),
      metrics: record.metrics.map((metric) => ({ ...metric, name: rename(metric.name), unit: text })),
      family: { ...record.family, gated: record.family.gated.map(rename) },
      runs: record.runs.map((run) => ({ ...run, arm: rename(run.arm), id: text, rejected: text })),
      results: record.results.map((result) => ({
        ...result,
        metric: rename(result.metric),
        arm: rename(result.arm),
        reference: rename(result.reference),
        reason: text,
      })),
      pareto: record.pareto.map((one) => ({ ...one, arm: rename(one.arm), dominatedBy: [text] })),
      needs: record.needs.map((need) => ({
        ...need,
        expression: text,
        arms: need.arms.map((one) => ({ ...one, arm: rename(one.arm), because: [text] })),
      })),
      expectations: [{ expression: text, status: 'fail', detail: text }],
      findings: [{ code: text, level: 'warn', text }],
      verdict: { status: 'fail', reasons: [{ code: text, message: text }] },
    },
    [createHostileReport(text)],
  );
}

/** As they are on disk: what is infinite is `null` there. */
function finite(record: ComparisonRecord): ComparisonRecord {
  const isInfinite = (value: number): boolean => !Number.isFinite(value);
  const results = record.results.map((result) =>
    Object.values(result.interval95 ?? {}).some(isInfinite) || isInfinite(result.estimate ?? 0)
      ? {
          ...result,
          estimate: null,
          interval95: null,
          interval90: null,
          display: { ...result.display, t95: null },
        }
      : result,
  );
  return { ...record, results };
}

const partial = { partial: true, interruptedBy: 'SIGINT', durationMs: 4000 };
const invalid: Partial<RunRecord> = {
  verdict: { status: 'invalid', reasons: [{ code: 'unaccounted', message: '3 copies are unaccounted for' }] },
  validity: {
    status: 'invalid',
    checks: [
      { name: 'ledger sse.client', actual: 3, limit: 0, unit: 'copies', status: 'invalid', detail: null },
    ],
  },
};
const withFindings = createRecord();

/** By what they are. */
export const REPORTS: Readonly<Record<string, Report>> = {
  'a run': runReportOf({ ...withFindings, findings: findFindings(withFindings) }),
  'a run of nothing': runReportOf(createEmptyRecord(), { timeline: [], intervals: [], folder: null }),
  'a partial run': runReportOf(createRecord(partial)),
  'an invalid run': runReportOf(createRecord(invalid)),
  'a stalled run': runReportOf(
    createRecord({
      stalls: [STALL],
      verdict: { status: 'stalled', reasons: [{ code: 'stalled', message: 'nothing moved for 4 s' }] },
    }),
  ),
  "a run of somebody's own service": runReportOf(
    createRecord({
      target: { kind: 'external', urls: { sse: 'http://127.0.0.1:1/' } },
      queues: {},
      feed: null,
    }),
  ),
  'a run without checks': runReportOf(createRecord({ checks: [] })),
  'a regression': reportOf(createRegression(), [runReportOf(createRecord({ id: 'main0' }))]),
  'a comparison of strategies': reportOf(finite(createVersus())),
  'single runs side by side': createSingle(),
  'a comparison without a run': reportOf(
    createRegression({
      runs: [],
      results: [],
      verdict: { status: 'invalid', reasons: [{ code: 'no_runs', message: 'no run counts' }] },
      exitCode: 4,
    }),
  ),
  'a partial comparison': reportOf(createRegression({ partial: true, interruptedBy: 'SIGTERM' })),
};
