import { describe, expect, it } from 'vitest';
import type { RunRecord, Stall } from '../../src/core/record.ts';
import { findFindings } from '../../src/report/findings.ts';
import { renderSummary, type SummaryOptions } from '../../src/report/terminal-summary.ts';
import { displayWidth } from '../../src/report/text.ts';
import {
  createEmptyRecord,
  createRecord,
  createTimeline,
  ledgerOf,
  NO_LATENCY,
  viewsOf,
} from './fixtures.ts';

const COLOR_CODE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const PLAIN = { width: 80, color: false, unicode: true } as const;

function withFindings(change: Partial<RunRecord> = {}): RunRecord {
  const record = createRecord(change);
  return { ...record, findings: findFindings(record) };
}

function render(options: Partial<SummaryOptions> = {}): string {
  return renderSummary(withFindings(), {
    ...PLAIN,
    timeline: createTimeline(),
    folder: 'results/20261121T101500Z-burst-drop-oldest-k3f9a',
    ...options,
  });
}

describe('terminal summary', () => {
  it.each([
    ['60 columns', 'summary-60.txt', { width: 60 }],
    ['80 columns', 'summary-80.txt', { width: 80 }],
    ['120 columns', 'summary-120.txt', { width: 120 }],
    ['80 columns in colour', 'summary-80-color.txt', { width: 80, color: true }],
    ['80 columns in ASCII', 'summary-80-ascii.txt', { width: 80, unicode: false }],
  ])('prints the fixed run to the letter: %s', async (_, file, options) => {
    await expect(render(options)).toMatchFileSnapshot(`golden/${file}`);
  });

  it.each([60, 72, 80, 100, 120, 200])('keeps every line within %i columns', (width) => {
    const widest = Math.max(...render({ width }).split('\n').map(displayWidth));
    expect(widest).toBeLessThanOrEqual(width);
  });

  it('says the same with colour as without: colour only adds', () => {
    expect(render({ color: true }).replace(COLOR_CODE, '')).toBe(render());
    expect(render({ color: true })).not.toBe(render());
  });

  it('needs nothing but ASCII when the screen has no UTF-8, and stays as wide', () => {
    const text = render({ unicode: false });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.split('\n').map((line) => line.length)).toEqual(render().split('\n').map(displayWidth));
  });

  it('puts the reasons of an invalid run before every number', () => {
    const message = 'arrivals were taken up 80 ms late (p99): the load worker did not keep its plan';
    const text = renderSummary(
      withFindings({
        verdict: { status: 'invalid', reasons: [{ code: 'invalid', message }] },
        validity: {
          status: 'invalid',
          checks: [
            {
              name: 'generator slip p99 outside bursts',
              actual: 80,
              limit: 5,
              unit: 'ms',
              status: 'invalid',
              detail: message,
            },
          ],
        },
      }),
      PLAIN,
    );
    const lines = text.split('\n');
    expect(lines[3]).toBe('✗ INVALID   not valid: its numbers prove nothing');
    expect(lines.slice(4, 6).join(' ')).toContain('arrivals were taken up 80 ms late');
    expect(text).not.toContain('PASS');
    expect(text.split('arrivals were taken up').length - 1).toBe(1); // said once, not again as a doubt
    expect(text.indexOf('arrivals were taken up')).toBeLessThan(text.indexOf('81,200'));
  });

  it('shows a failed check with its actual value against its limit, and the one without data as unknown', () => {
    const check = { expression: '', unit: 'ms', detail: null } as const;
    const reasons = [{ code: 'check_failed', message: 'p99 < 50ms (actual 610)' }];
    const text = renderSummary(
      createRecord({
        verdict: { status: 'fail', reasons },
        checks: [
          { ...check, name: 'p99 < 50ms', actual: 610, limit: 50, status: 'fail' },
          { ...check, name: 'p50 < 5ms', actual: null, limit: 5, status: 'unknown', detail: 'no samples' },
          { ...check, name: 'recoveryTime(ws) < 2s', actual: null, limit: 2000, status: 'fail' },
        ],
      }),
      PLAIN,
    );
    expect(text).toContain('\n✗ FAIL   valid: ');
    expect(text).not.toContain('(actual 610)'); // the list of checks says it better
    expect(text).toContain('  ✗ fail p99 < 50ms: actual 610 ms, limit 50 ms\n');
    expect(text).toContain('  ? unknown p50 < 5ms: actual n/a, limit 5 ms (no samples)\n');
    expect(text).toContain('  ✗ fail recoveryTime(ws) < 2s: actual never, limit 2 s\n');
  });

  it('does not call it a pass where there was nothing to judge', () => {
    const text = renderSummary(createRecord({ checks: [] }), PLAIN);
    expect(text).toContain(
      '\n? NO CHECKS   nothing was judged: no checks; valid: the generator kept its plan',
    );
    expect(text).not.toContain('PASS');
    const stalled = createRecord({ checks: [], verdict: { status: 'stalled', reasons: [] } });
    expect(renderSummary(stalled, PLAIN)).toContain('\n✗ STALLED   valid: ');
  });

  it('names the doubts of a valid run, and does not claim what they contradict', () => {
    const { checks } = createRecord().validity;
    const [sse, endToEnd] = checks;
    const text = renderSummary(
      createRecord({
        validity: {
          status: 'doubt',
          checks: [
            { ...(sse as (typeof checks)[number]), status: 'unknown', actual: null },
            { ...(endToEnd as (typeof checks)[number]) },
            {
              name: 'foreign CPU',
              actual: 0.413,
              limit: 0.1,
              unit: 'cores',
              status: 'doubt',
              detail: 'other programs used 0.41 cores',
            },
          ],
        },
      }),
      { ...PLAIN, width: 120 },
    );
    expect(text).toContain('✓ PASS   valid, with doubts\n');
    expect(text).toContain(
      '  • doubt: other programs used 0.41 cores (foreign CPU 0.413 cores, limit 0.1 cores)\n',
    );
    expect(text).toContain('  • not checked: ledger sse.client\n');
    expect(text).not.toContain('accounted for');
  });

  it('says of a partial run by whom it was stopped and how far it came', () => {
    const text = renderSummary(
      createRecord({ partial: true, interruptedBy: 'SIGINT', durationMs: 3200 }),
      PLAIN,
    );
    expect(text).toContain('\nstopped by SIGINT after 3.2 s; 11 s were planned\n');
  });

  it('names what a stall waits for', () => {
    const wait = (who: string, freedBy: string) => ({ who, what: 'room', freedBy: [freedBy], ageMs: 4000 });
    const stall: Stall = {
      startedMs: 2100,
      durationMs: 4000,
      class: 'cycle',
      boundary: 'ws.outbound',
      path: 'ws',
      summary: 'the reader and the writer wait for each other',
      waitsFor: [wait('reader', 'writer'), wait('writer', 'reader')],
      cycle: ['reader', 'writer'],
    };
    const text = renderSummary(
      createRecord({ verdict: { status: 'stalled', reasons: [] }, stalls: [stall] }),
      { ...PLAIN, width: 100 },
    );
    expect(text).toContain('✗ STALLED');
    expect(text).toContain(
      '  • stalled for 4 s from 2.1 s on: cycle at ws.outbound; reader → writer → reader\n',
    );
  });

  it('never prints an absent number as 0', () => {
    const text = renderSummary(createEmptyRecord(), { ...PLAIN, width: 120 });
    expect(text).toMatch(/sse fast +0 +0 +0 +0 +– +– +– +– +– +–\n/);
    expect(text).toContain('• not checked: foreign CPU\n');
    expect(text).not.toMatch(/memory at most|tasks:|connections:|queue {2}|NaN|undefined|null|Infinity/);
  });

  it('prints n/a for a prediction that nothing was measured for', () => {
    expect(render()).toMatch(/loss, sse slow, burst +62 % +n\/a/);
  });

  it('shows a group that lost everything: no latency, and p99 of all never', () => {
    const record = createRecord();
    record.groups = {
      'sse slow': {
        path: 'sse',
        connections: 1,
        gaps: 0,
        duplicates: 0,
        reordered: 0,
        ledger: ledgerOf({ offered: 500, dropped: { 'overflow.drop-newest': 500 } }),
        latency: {
          ...viewsOf(NO_LATENCY, { miss: 1 }),
          all: {
            ...viewsOf(NO_LATENCY).all,
            count: 500,
            undelivered: 500,
            p50: 'inf',
            p99: 'inf',
            max: 'inf',
          },
        },
      },
    };
    const text = renderSummary(record, { ...PLAIN, width: 120 });
    expect(text).toMatch(/sse slow +1 +500 +0 +500 +– +– +– +– +never +–\n/);
  });

  it('names failed, merged, unfinished and unaccounted copies under the table', () => {
    const record = createRecord();
    const { ws } = record.groups;
    if (ws !== undefined) {
      ws.ledger = ledgerOf({
        offered: 100,
        delivered: 60,
        failed: { network: 5, 'disconnect.peer': 7 },
        coalesced: { latest: 20 },
        queued: 3,
        inFlight: 2,
        unaccounted: 3,
      });
      const { proxy } = record.groups;
      if (proxy !== undefined)
        proxy.ledger = ledgerOf({ offered: 3, dropped: { shutdown: 1, too_large: 2 } });
    }
    expect(renderSummary(record, { ...PLAIN, width: 200 })).toContain(
      '  proxy: 3 dropped (too_large 2, shutdown 1)\n',
    );
    expect(renderSummary(record, { ...PLAIN, width: 200 })).toContain(
      '  ws: 12 failed (disconnect.peer 7, network 5); 20 merged into others (latest 20); 5 unfinished at the end; 3 unaccounted for\n',
    );
  });

  it('says that nothing bounds an unbounded queue, whatever its mark', () => {
    const record = createRecord();
    record.strategy = {
      ...record.strategy,
      'sse.client': { text: 'unbounded', stages: [{ stage: 'overflow', name: 'unbounded', params: {} }] },
    };
    const queue = record.queues['sse.client'];
    if (queue !== undefined) queue.depth.max = 12_000;
    expect(renderSummary(record, PLAIN)).toContain('12,000/no limit');
  });

  it('leaves hostile texts of a record as text', () => {
    const esc = String.fromCharCode(27);
    const hostile = `${esc}[2J${esc}]0;owned\u0007a\nb|c<script>\u202e\u009b31m`;
    const record = createRecord({
      strategyName: hostile,
      verdict: { status: 'fail', reasons: [{ code: 'x', message: hostile }] },
      findings: [{ code: 'x', level: 'warn', text: hostile }],
      command: hostile,
      files: [hostile],
    });
    record.scenario = { ...record.scenario, name: hostile, description: hostile };
    record.groups = { [hostile]: record.groups['ws'] as (typeof record.groups)[string] };
    record.checks = [
      {
        name: hostile,
        expression: hostile,
        actual: 1,
        limit: 1,
        unit: hostile,
        status: 'fail',
        detail: hostile,
      },
    ];
    record.phases = record.phases.map((phase) => ({ ...phase, name: hostile }));
    const text = renderSummary(record, { ...PLAIN, timeline: createTimeline(), folder: hostile });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('a b|c<script>');
  });

  it('breaks a long command so that a shell reads it as one', () => {
    const command = `bpbench run burst --fail-if 'p99 > 50ms' --set "clients[0].read=20KiB/s" --strategy drop-oldest --seed 4711`;
    const text = renderSummary(createRecord({ command }), { ...PLAIN, width: 60 });
    const again = text.slice(text.indexOf('again: ') + 7).trimEnd();
    expect(again.split('\n').length).toBeGreaterThan(1);
    expect(again.replace(/ \\\n +/g, ' ')).toBe(command);
    for (const line of again.split('\n')) expect((line.match(/'/g) ?? []).length % 2).toBe(0);
  });
});
