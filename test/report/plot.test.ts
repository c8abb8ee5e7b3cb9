import { describe, expect, it } from 'vitest';
import { renderLatencyPlot } from '../../src/report/latency-plot.ts';
import { createPaint } from '../../src/report/look.ts';
import { renderBand } from '../../src/report/plot.ts';
import { renderSummary } from '../../src/report/terminal-summary.ts';
import { displayWidth } from '../../src/report/text.ts';
import type { TimelineRow } from '../../src/report/timeline-row.ts';
import { createRecord, createTimeline } from './fixtures.ts';

const AXIS = { fromMs: 0, toMs: 1000, columns: 10 };
const SCALE = { min: 1, max: 1000 };
const ASCII = { rows: 3, isUnicode: false, holdMs: 0 };

function at(tMs: number, low: number, high = low) {
  return { tMs, low, high };
}

describe('band', () => {
  it('gives each power of ten the same height', () => {
    const points = [at(50, 2), at(150, 20), at(250, 200), at(350, 2, 200), at(450, 20, 200)];
    expect(renderBand(points, AXIS, SCALE, ASCII)).toEqual(['  ###     ', ' # ##     ', '#  #      ']);
  });

  it('has two by four dots in a character', () => {
    const rows = renderBand([at(0, 1), at(60, 999)], AXIS, SCALE, { ...ASCII, isUnicode: true });
    expect(rows).toEqual(['⠈         ', '          ', '⡀         ']);
    const full = renderBand([at(0, 1, 1000)], AXIS, SCALE, { ...ASCII, isUnicode: true, holdMs: 1000 });
    expect(full).toEqual(Array.from({ length: 3 }, () => '⣿'.repeat(10)));
  });

  it('draws what is outside of its scale at the edge, and the widest of several points', () => {
    expect(renderBand([at(50, 0.001), at(150, 1e6)], AXIS, SCALE, ASCII)).toEqual([
      ' #        ',
      '          ',
      '#         ',
    ]);
    expect(renderBand([at(50, 2, 2), at(60, 50, 200)], AXIS, SCALE, ASCII)[1]).toBe('#         ');
  });

  it('repeats the last point for as long as it holds, and not for ever', () => {
    const rows = renderBand([at(50, 2), at(750, 2)], AXIS, SCALE, { ...ASCII, holdMs: 300 });
    expect(rows[2]).toBe('####   ###');
  });

  it('draws nothing without a point or without time', () => {
    const blank = Array.from({ length: 3 }, () => ' '.repeat(10));
    expect(renderBand([], AXIS, SCALE, ASCII)).toEqual(blank);
    expect(renderBand([at(0, 1)], { ...AXIS, toMs: 0 }, SCALE, ASCII)).toEqual(blank);
    expect(renderBand([at(-5, 1), at(2000, 1)], AXIS, SCALE, ASCII)).toEqual(blank);
  });
});

/** The slow readers wait longer and longer in the burst; the others never do. */
function createLatencies(): TimelineRow[] {
  return createTimeline().map((row) => {
    const late = row.tMs < 2100 ? 2 : Math.min(640, row.tMs - 2000);
    const latencyMs = {
      'sse fast': { count: 10, p50: 1, p99: 9, max: 12 },
      'sse slow': { count: 2, p50: late / 2, p99: late, max: late },
    };
    return { ...row, latencyMs: row.tMs % 300 === 0 ? latencyMs : null };
  });
}

describe('response times of a run', () => {
  const paint = createPaint(false);

  it.each([
    [100, true],
    [160, true],
    [120, false],
  ])('stand in the summary of %i columns to the letter (UTF-8: %s)', async (width, unicode) => {
    const lines = renderLatencyPlot(createRecord(), createLatencies(), { width, unicode }, paint);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
      `golden/latency-plot-${width}${unicode ? '' : '-ascii'}.txt`,
    );
    const text = renderSummary(createRecord(), { width, unicode, color: false, timeline: createLatencies() });
    expect(text).toContain('response times, from p50 to p99');
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(width);
  });

  it('are left out where there is no room or nothing to show', () => {
    const look = { width: 99, unicode: true };
    expect(renderLatencyPlot(createRecord(), createLatencies(), look, paint)).toEqual([]);
    for (const timeline of [[], createTimeline(), createLatencies().slice(0, 3)]) {
      expect(renderLatencyPlot(createRecord(), timeline, { ...look, width: 120 }, paint)).toEqual([]);
    }
  });

  it('show the slowest four groups, and keep the screen whatever these are called', () => {
    const groups = Object.fromEntries(
      ['a', 'b', 'c', 'd', '発熱\u001b[2J'.repeat(9), '__proto__x'].map((name) => [
        name,
        createRecord().groups['ws'],
      ]),
    ) as ReturnType<typeof createRecord>['groups'];
    const timeline = createTimeline().map((row) => ({
      ...row,
      latencyMs: Object.fromEntries(
        Object.keys(groups).map((name, rank) => [name, { count: 1, p50: rank, p99: 10 ** rank, max: 1 }]),
      ),
    }));
    const lines = renderLatencyPlot(createRecord({ groups }), timeline, { width: 100, unicode: true }, paint);
    expect(lines[0]).toContain('2 faster groups are not shown');
    expect(lines.some((line) => line.startsWith('  __proto__x'))).toBe(true);
    expect(lines.some((line) => line.startsWith('  a '))).toBe(false);
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(100);
  });
});
