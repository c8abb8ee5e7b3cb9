import { describe, expect, it } from 'vitest';
import { judge } from '../../src/conductor/verdict.ts';
import type { Stall } from '../../src/core/record.ts';
import { findFindings } from '../../src/report/findings.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { describeStall, listStalls } from '../../src/report/stall-words.ts';
import { renderSummary } from '../../src/report/terminal-summary.ts';
import { displayWidth } from '../../src/report/text.ts';
import { createRecord } from './fixtures.ts';

const LOOP: Stall = {
  startedMs: 2100,
  durationMs: 4000,
  class: 'cycle',
  boundary: 'ws.outbound',
  path: 'ws',
  summary: 'ws 12 loop waits for room in ws.outbound of ws 12, which only ws 12 loop itself can bring about',
  waitsFor: [
    { who: 'ws 12 loop', what: 'room in ws.outbound of ws 12', freedBy: ['ws 12 loop'], ageMs: 4000 },
  ],
  cycle: ['ws 12 loop'],
};

const FROZEN: Stall = {
  startedMs: 500,
  durationMs: 9000,
  class: 'zero-window',
  boundary: 'sse.client',
  path: 'sse',
  summary: 'nothing went on at sse for 9 s though work was waiting: peer of sse 3 takes nothing',
  waitsFor: [
    { who: 'publisher', what: 'room in sse.bus', freedBy: ['sse 3 forwarder'], ageMs: 9000 },
    { who: 'sse 3 writer', what: 'its peer to read', freedBy: ['peer of sse 3'], ageMs: 9000 },
  ],
  cycle: [],
};

const BLOCKED: Stall = {
  startedMs: 3000,
  durationMs: 6200,
  class: 'blocked-loop',
  boundary: null,
  path: null,
  summary: 'the system process said nothing for 6.2 s: it is stopped, by a signal or a debugger',
  waitsFor: [],
  cycle: [],
};

const LONG: Stall = { ...LOOP, cycle: Array.from({ length: 40 }, (_, at) => `ws ${at + 1} actor`) };

describe('a stall in one line', () => {
  it('closes the ring of a cycle, which may be one', () => {
    expect(describeStall(LOOP)).toBe(
      'stalled for 4 s from 2.1 s on: cycle at ws.outbound; ws 12 loop → ws 12 loop',
    );
  });

  it('goes along a line of waits to whom it depends on', () => {
    expect(describeStall(FROZEN)).toBe(
      'stalled for 9 s from 500 ms on: zero-window at sse.client; publisher → sse 3 writer → peer of sse 3',
    );
  });

  it('names neither place nor line where there is none', () => {
    expect(describeStall(BLOCKED)).toBe('stalled for 6.2 s from 3 s on: blocked-loop');
  });

  it('shortens a long cycle and says by how much', () => {
    expect(describeStall(LONG)).toBe(
      'stalled for 4 s from 2.1 s on: cycle at ws.outbound; ws 1 actor → ws 2 actor → ws 3 actor → 37 more → ws 1 actor',
    );
  });

  it('comes five times at most, and the rest as a number', () => {
    const lines = listStalls({ stalls: Array.from({ length: 20 }, () => LOOP) });
    expect(lines).toHaveLength(6);
    expect(lines[5]).toBe('and 15 more stalls');
  });
});

describe('a record with stalls', () => {
  const stalls = [FROZEN, LOOP, LONG, BLOCKED];
  const record = createRecord({ stalls });
  record.checks = [];
  record.verdict = judge(record);
  record.findings = findFindings(record);

  it('is stalled, for each kind of stall at each place', () => {
    expect(record.verdict).toEqual({
      status: 'stalled',
      reasons: [
        { code: 'stalled', message: 'zero-window at sse.client' },
        { code: 'stalled', message: 'cycle at ws.outbound (2 times)' },
        { code: 'stalled', message: 'blocked-loop' },
      ],
    });
  });

  it('is invalid all the same where the instrument is bad, and stalled rather than failed', () => {
    const check = {
      ...{ name: 'x', expression: 'x == 0', actual: 1, limit: 0, unit: '', detail: null },
      status: 'fail' as const,
    };
    const failed = createRecord({ stalls, checks: [check] });
    expect(judge(failed).status).toBe('stalled');
    const wrong = {
      ...{ name: 'ledger', actual: 3, limit: 0, unit: 'items', detail: '3 items vanished' },
      status: 'invalid' as const,
    };
    failed.validity = { status: 'invalid', checks: [wrong] };
    expect(judge(failed).status).toBe('invalid');
  });

  it('says in plain words who waits for whom, once for what is alike, and what helps', () => {
    const told = record.findings.filter(({ code }) => code.startsWith('stall-'));
    expect(told.map(({ code }) => code)).toEqual(['stall-zero-window', 'stall-cycle', 'stall-blocked-loop']);
    expect(told[1]?.text).toBe(
      'Stalled for 4 s: ws 12 loop waits for room in ws.outbound of ws 12, which only ws 12 loop itself can bring about. There was 1 more like it. More capacity only puts it off: let the queue drop instead of wait (--at ws.outbound=drop-newest), or let reading and writing be two tasks (--set system.ws.architecture=split).',
    );
  });

  it.each([60, 80, 160])('fits %d columns', (width) => {
    const text = renderSummary(record, { width, color: false, unicode: true });
    const body = text.slice(0, text.indexOf('again:'));
    expect(Math.max(...body.split('\n').map(displayWidth))).toBeLessThanOrEqual(width);
    expect(text).toContain('✗ STALLED');
    const joined = text.replace(/\n\s+/g, ' ');
    expect(joined).toContain('stalled for 9 s from 500 ms on: zero-window at sse.client');
    expect(joined).toContain('• stalled for 6.2 s from 3 s on: blocked-loop');
    expect(joined.match(/zero-window at sse\.client/g)).toHaveLength(1);
  });

  it('has a section of its own in Markdown', () => {
    const text = renderMarkdown(record);
    expect(text).toContain(
      '## Stalls\n\n- stalled for 9 s from 500 ms on: zero-window at sse.client; publisher → sse 3 writer → peer of sse 3: nothing went on at sse',
    );
    expect(renderMarkdown(createRecord())).not.toContain('Stalls');
  });
});
