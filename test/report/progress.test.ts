import { describe, expect, it } from 'vitest';
import { type ProgressState, renderLiveBlock, renderPlainLine } from '../../src/report/progress.ts';
import { pressedQueue } from '../../src/report/progress-readings.ts';
import { displayWidth } from '../../src/report/text.ts';
import { rowAt } from './fixtures.ts';

const DEPTHS = [0, 8, 16, 32, 48, 64, 64, 32].map((items, at) =>
  rowAt(1000 + at * 250, { 'sse.client': items, 'ws.outbound': 2 }),
);
const STATE: ProgressState = {
  scenario: 'burst',
  strategy: 'drop-oldest',
  place: null,
  leftMs: null,
  phase: { name: 'burst', index: 1 },
  phases: [{ durationMs: 2000 }, { durationMs: 3000 }, { durationMs: 6000 }],
  elapsedMs: 3200,
  totalMs: 11_000,
  before: rowAt(1000, {}, { offered: 1000, delivered: 900, dropped: { 'sse.client': 4 } }),
  now: rowAt(
    3000,
    { 'sse.client': 64, 'ws.outbound': 2 },
    { offered: 11_000, delivered: 8900, dropped: { 'sse.client': 1604, 'ws.outbound': 800 } },
  ),
  depths: DEPTHS,
  boundItems: { 'sse.client': 64, 'ws.outbound': null },
  lastSecond: [
    { group: 'sse fast', p50Ms: 1.1, p99Ms: 9.4 },
    { group: 'sse slow', p50Ms: 140, p99Ms: 610 },
  ],
  loopDelayMs: 1.1,
  slip: { p99Ms: 0.8, limitMs: 5 },
};
const LOOK = { width: 100, color: false, unicode: true } as const;
const PLACE = { place: 'block 3 of 10 · run 2 of 2', leftMs: 840_000 };

describe('progress', () => {
  it('shows where it is, rates, lateness, latencies, the fullest queue and the system in a block', () => {
    expect(renderLiveBlock(STATE, LOOK)).toEqual([
      'burst · drop-oldest · burst (2 of 3) · 00:03 of 00:11',
      '  phases    ████████│████░░░░░░░░│░░░░░░░░░░░░░░░░░░░░░░░░░',
      '  load      offered 5,000/s  delivered 4,000/s  dropped 1,200/s',
      '  generator slip p99 800 µs ok',
      '  latency   p50 / p99  sse slow 140 ms / 610 ms  sse fast 1.1 ms / 9.4 ms',
      '  queue     ▁▂▃▅▇██▅  sse.client 64 of 64',
      '  system    rss 143 MiB  tasks 2,012  loop delay p99 1.1 ms  open 1,000',
    ]);
  });

  it('says the same in one line for a log, without any code', () => {
    expect(renderPlainLine(STATE)).toBe(
      '00:03 of 00:11  burst (2 of 3)  offered 5,000/s  delivered 4,000/s  dropped 1,200/s  open 1,000  queue sse.client 64 of 64  slip p99 800 µs ok',
    );
  });

  it('names block, run and the time left of an experiment', () => {
    const [title] = renderLiveBlock({ ...STATE, ...PLACE }, LOOK);
    expect(title).toBe(
      'burst · block 3 of 10 · run 2 of 2 · drop-oldest · burst (2 of 3) · 00:03 of 00:11 · 14 min left',
    );
    expect(renderPlainLine({ ...STATE, ...PLACE, leftMs: 61_000 })).toMatch(
      /^block 3 of 10 · run 2 of 2 {2}00:03 of 00:11 .* 61 s left$/,
    );
  });

  it('says in a word when the generator is late, and n/a when it cannot tell', () => {
    const late = renderLiveBlock({ ...STATE, slip: { p99Ms: 40, limitMs: 5 } }, { ...LOOK, color: true });
    expect(late[3]).toBe('  generator slip p99 40 ms \u001b[33mLATE\u001b[39m (limit 5 ms)');
    expect(renderPlainLine({ ...STATE, slip: { p99Ms: null, limitMs: 5 } })).toContain('slip p99 n/a');
  });

  it('has a word for the time before the first sample and after the last phase', () => {
    const starting = { ...STATE, phase: null, now: null, before: null };
    expect(renderLiveBlock(starting, LOOK)).toEqual(['burst · drop-oldest · starting · 00:03 of 00:11']);
    expect(renderPlainLine({ ...STATE, phase: null })).toContain('  draining  ');
  });

  it('shows a rate it cannot know as n/a, and never a negative one', () => {
    expect(renderPlainLine({ ...STATE, before: null })).toContain('offered n/a  delivered n/a  dropped n/a');
    const foreign = rowAt(3000, {}, { offered: null, delivered: 10, rssBytes: null, tasks: null });
    const state = { ...STATE, now: foreign, lastSecond: [], loopDelayMs: null };
    expect(renderPlainLine(state)).toContain('offered n/a  delivered 0/s');
    const block = renderLiveBlock(state, LOOK).join('\n');
    expect(block).toContain('nothing delivered in the last second');
    expect(block).toContain('rss n/a  tasks n/a  loop delay p99 n/a');
    expect(block).toContain('queue     none');
  });

  it('shows the queue that was nearest to its bound, not the one with most items', () => {
    const now = rowAt(3000, { 'sse.client': 60, 'sse.bus': 200 });
    const boundItems = { 'sse.client': 64, 'sse.bus': 1000 };
    expect(pressedQueue({ now, depths: [], boundItems })).toEqual({
      name: 'sse.client',
      items: 60,
      boundItems: 64,
    });
    const unbounded = pressedQueue({ now, depths: [], boundItems: {} });
    expect(unbounded?.name).toBe('sse.bus');
  });

  it('leaves whole groups out of a line that has no room for them', () => {
    const line = renderLiveBlock(STATE, { ...LOOK, width: 60 })[4];
    expect(line).toBe('  latency   p50 / p99  sse slow 140 ms / 610 ms  and 1 more');
  });

  it.each([20, 40, 59, 60, 80, 160])('keeps to %i columns, and folds to ASCII', (width) => {
    const state = { ...STATE, ...PLACE, scenario: '発熱\u001b[2J'.repeat(30) };
    for (const unicode of [true, false]) {
      const lines = renderLiveBlock(state, { width, color: false, unicode });
      for (const line of lines) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(line).toMatch(unicode ? /^\P{Cc}*$/u : /^[\x20-\x7e]*$/);
      }
    }
  });
});
