import { describe, expect, it } from 'vitest';
import { type ProgressState, renderLiveBlock, renderPlainLine } from '../../src/report/progress.ts';
import { displayWidth } from '../../src/report/text.ts';
import { rowAt } from './fixtures.ts';

const STATE: ProgressState = {
  scenario: 'burst',
  strategy: 'drop-oldest',
  phase: { name: 'burst', index: 1 },
  phaseCount: 3,
  elapsedMs: 3200,
  totalMs: 11_000,
  before: rowAt(1000, {}, { offered: 1000, delivered: 900, dropped: { 'sse.client': 4 } }),
  now: rowAt(
    3000,
    { 'sse.client': 64, 'ws.outbound': 2 },
    { offered: 11_000, delivered: 8900, dropped: { 'sse.client': 1604, 'ws.outbound': 800 } },
  ),
  boundItems: { 'sse.client': 64, 'ws.outbound': null },
};
const LOOK = { width: 100, color: false, unicode: true } as const;

describe('progress', () => {
  it('shows phase, time, rates, queues, connections and lateness in a block', () => {
    expect(renderLiveBlock(STATE, LOOK)).toEqual([
      'burst · drop-oldest · phase 2 of 3: burst · 00:03 of 00:11',
      '  load    offered 5,000/s   delivered 4,000/s   dropped 1,200/s',
      '  queues  sse.client 64/64   ws.outbound 2',
      '  open    1,000 connections   generator late p99 800 µs',
    ]);
  });

  it('says the same in one line for a log, without any code', () => {
    expect(renderPlainLine(STATE)).toBe(
      '00:03 of 00:11  phase 2 of 3: burst  offered 5,000/s  delivered 4,000/s  dropped 1,200/s  open 1,000  sse.client 64/64   ws.outbound 2  late p99 800 µs',
    );
  });

  it('has a word for the time before the first sample and after the last phase', () => {
    const starting = { ...STATE, phase: null, now: null, before: null };
    expect(renderLiveBlock(starting, LOOK)).toEqual(['burst · drop-oldest · starting · 00:03 of 00:11']);
    expect(renderPlainLine({ ...STATE, phase: null })).toContain('  draining  ');
  });

  it('shows a rate it cannot know as n/a, and never a negative one', () => {
    expect(renderPlainLine({ ...STATE, before: null })).toContain('offered n/a  delivered n/a  dropped n/a');
    const foreign = { ...STATE, now: rowAt(3000, {}, { offered: null, delivered: 10 }) };
    expect(renderPlainLine(foreign)).toContain('offered n/a  delivered 0/s');
  });

  it('cuts its lines to the width and folds them to ASCII', () => {
    const state = { ...STATE, scenario: 'x'.repeat(100) };
    const lines = renderLiveBlock(state, { width: 60, color: false, unicode: false });
    for (const line of lines) {
      expect(displayWidth(line)).toBeLessThanOrEqual(60);
      expect(line).toMatch(/^[\x20-\x7e]*$/);
    }
  });
});
