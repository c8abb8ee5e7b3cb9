import { describe, expect, it } from 'vitest';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import { renderComparison } from '../../src/report/terminal-comparison.ts';
import { displayWidth } from '../../src/report/text.ts';
import {
  createRegression,
  createSingle,
  createVersus,
  METRICS,
  reportOf,
  resultOf,
  runOf,
} from './comparison-fixtures.ts';

const COLOR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const PLAIN = { width: 80, color: false, unicode: true } as const;

function widest(text: string): number {
  return Math.max(...text.split('\n').map(displayWidth));
}

function render(record: ComparisonRecord, width = 200): string {
  return renderComparison(reportOf(record), { ...PLAIN, width });
}

const KINDS = {
  regression: () => reportOf(createRegression()),
  versus: () => reportOf(createVersus()),
  single: createSingle,
};

describe('terminal comparison', () => {
  describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('%s', (kind) => {
    it.each([60, 80, 160])('prints to the letter in %i columns', async (width) => {
      const text = renderComparison(KINDS[kind](), { ...PLAIN, width });
      await expect(text).toMatchFileSnapshot(`golden/comparison-${kind}-${width}.txt`);
      expect(widest(text)).toBeLessThanOrEqual(width);
    });

    it('says in colour what it says without, in ASCII what fits ASCII', () => {
      const plain = renderComparison(KINDS[kind](), PLAIN);
      const colored = renderComparison(KINDS[kind](), { ...PLAIN, color: true });
      expect(colored).not.toBe(plain);
      expect(colored.replace(COLOR, '')).toBe(plain);
      const ascii = renderComparison(KINDS[kind](), { ...PLAIN, unicode: false });
      expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
      expect(ascii).not.toContain('?????');
      expect(widest(ascii)).toBeLessThanOrEqual(80);
    });
  });

  it('draws each interval on the axis of its own margin', () => {
    const text = render(createRegression());
    expect(text).toMatch(/deadlineMiss ↓ .* ······\[····━●━····\]······ {2}/u);
    expect(text).toMatch(
      /all\.p99 ↓ .* ······\[·····│·····\]·━━━●> {2}.*\+18\.4 % {2}\[\+12\.9, \+24\.2\] {2}WORSE/u,
    );
  });

  it('says what would settle the open, and the smallest change these blocks find', () => {
    const text = render(createRegression());
    expect(text).toContain('• queueMax: about 16 blocks would settle it\n');
    expect(text).toContain(
      '• smallest worsening that 10 blocks find four times in five: deadlineMiss +0.70 pp, all.p99 +18.0 %, goodput +4.0 %, rss +13.0 %, queueMax +39.0 %\n',
    );
  });

  it('says that the methods disagree only where they do', () => {
    expect(render(createRegression())).not.toContain('methods disagree');
    const [first] = createRegression().results;
    if (first === undefined) throw new Error('no result');
    const display = { ...first.display, t95: { low: 0.006, high: 0.02 } };
    expect(render(createRegression({ results: [{ ...first, display }] }))).toContain(
      'deadlineMiss: methods disagree, signed-rank decides; t says [+0.60, +2.00]',
    );
  });

  it('never shows metrics that are not gated among those that are', () => {
    const lines = render(createRegression()).split('\n');
    const divider = lines.findIndex((line) => line.includes('not gated, decide nothing:'));
    expect(lines.findIndex((line) => line.includes('p50'))).toBeGreaterThan(divider);
    expect(lines.findIndex((line) => line.includes('queueMax ↓'))).toBeLessThan(divider);
  });

  it('shows a goodput that fell as a fall, and as worse', () => {
    expect(render(createVersus())).toMatch(/drop-newest .*worse -2\.2 %/);
  });

  it('leaves no gated metric of the matrix out on a narrow screen', () => {
    const text = render(createVersus(), 60);
    for (const { name } of METRICS.filter(({ isGated }) => isGated)) expect(text).toContain(name);
  });

  it('names rejected runs with the reason, the first five of them', () => {
    const runs = Array.from({ length: 8 }, (_, block) =>
      runOf('now', block, { rejected: `late ${block}`, status: 'invalid' }),
    );
    const text = render(createRegression({ runs }));
    expect(text).toContain('valid: 0 of 8 runs · 10 blocks · attempt 1\n');
    expect(text).toContain('! rejected: block 1, now: late 0\n');
    expect(text).toContain('! rejected: block 5, now: late 4\n    and 3 more\n');
    expect(text).not.toContain('late 5');
  });

  it('names who is on the front, who dominates whom, and who satisfies a need', () => {
    const text = render(createVersus());
    expect(text).toContain('● front: block, drop-oldest, fq-codel; each is best for somebody.\n');
    expect(text).toContain('drop-newest is dominated by drop-oldest and fq-codel.\n');
    expect(text).toContain('need loss<0.1%, ageP99<200ms: 1 of 4 satisfy it\n');
    expect(text).toContain('✗ no block: ageP99 is 7.3 s, wanted < 200 ms\n');
    expect(text).toContain('? unknown fq-codel (unreplicated): ageP99: 180 ms to 230 ms\n');
    expect(text).toContain('smallest capacity that satisfies it: 64 items at sse.client (drop-newest)\n');
    expect(text).not.toMatch(/winner|best strategy/i);
  });

  it('names no front after one run each', () => {
    const versus = createVersus();
    const text = render({ ...versus, runs: versus.runs.filter(({ block }) => block === 0) });
    expect(text).not.toMatch(/front|●|is dominated by/);
    expect(text).toContain('  too few runs to tell who is dominated.\n');
    const [run] = versus.runs;
    if (run === undefined) throw new Error('no run');
    expect(render({ ...versus, runs: [run] })).toContain('valid: 1 of 1 run ·');
  });

  it('puts nobody on the front of whom nothing is known', () => {
    const [first, second, ...others] = createVersus().pareto;
    if (first === undefined || second === undefined) throw new Error('no points');
    const nothing = { loss: null, ageP99: null, allP99: null, bytes: null, blocked: null, cpu: null };
    const some = render(createVersus({ pareto: [first, { ...second, values: nothing }, ...others] }));
    expect(some).toContain('● front: block, fq-codel;');
    expect(render(createVersus({ pareto: [first, { ...second, values: nothing }] }))).not.toContain('front');
  });

  it('calls single runs unreplicated and says how to get proof, with or without their records', () => {
    const report = createSingle();
    for (const one of [report, { ...report, runs: [] }]) {
      const text = renderComparison(one, { ...PLAIN, width: 200 });
      expect(text).toContain('(exit 0, unreplicated)');
      expect(text).toContain('add --repeat 10');
    }
    const lone = renderComparison({ ...report, runs: [] }, { ...PLAIN, width: 200 });
    expect(lone).toMatch(/ {2}block +– +never +4,000\/s\n/);
  });

  it('says how far an interrupted comparison came', () => {
    const design = { ...createRegression().design, blocks: 4 };
    const text = render(createRegression({ partial: true, interruptedBy: 'SIGINT', design }));
    expect(text).toContain('! PARTIAL: stopped by SIGINT after 22 min; 4 of 10 blocks are there\n');
    expect(text).toContain('· 4 blocks of 10 ·');
  });

  it('keeps its width and its terminal whatever the names hold', () => {
    const hostile = '\u001b[2J発熱😀\u202e\r\nblock'.repeat(4);
    const regression = createRegression();
    const rename = (name: string): string => (name === 'now' ? hostile : name);
    const record = createRegression({
      arms: regression.arms.map((arm) => ({ ...arm, name: rename(arm.name) })),
      results: regression.results.map((result) => ({ ...result, arm: rename(result.arm) })),
      runs: [runOf(hostile, 0, { rejected: hostile })],
      verdict: { status: 'invalid', reasons: [{ code: 'x', message: hostile }] },
      expectations: [{ expression: hostile, status: 'fail', detail: hostile }],
      findings: [{ code: 'x', level: 'warn', text: hostile }],
      needs: [
        {
          expression: hostile,
          arms: [{ arm: hostile, status: 'no', because: [hostile], isUnreplicated: true }],
          smallestCapacity: { arm: hostile, boundary: 'sse.client', capacityItems: 1 },
        },
      ],
      pareto: createVersus().pareto.map((point) => ({ ...point, arm: hostile })),
    });
    for (const mode of ['regression', 'versus'] as const) {
      for (const width of [60, 80, 160]) {
        const text = renderComparison(reportOf({ ...record, mode }), { ...PLAIN, width });
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(widest(text)).toBeLessThanOrEqual(width);
      }
    }
  });

  it('does not break on a comparison without results, runs or numbers', () => {
    const nothing = {
      results: [],
      runs: [],
      metrics: [],
      arms: [],
      files: [],
      verdict: { status: 'invalid', reasons: [] },
    } as const;
    for (const base of [createRegression(), createVersus(), createSingle().record]) {
      const text = render({ ...base, ...structuredClone({ ...nothing }) } as unknown as ComparisonRecord);
      expect(text).toContain('✗ INVALID');
      expect(text).not.toMatch(/NaN|undefined|null/);
    }
    const empty = resultOf('rss', [null, null], 'invalid', null, {
      reason: 'insufficient',
      display: { t95: null, cliffsDelta: null, worseBlocks: null },
    });
    const text = render(createRegression({ results: [empty] }));
    expect(text).toMatch(/rss ↓ +– → – .*✗ insufficient\n/);
  });
});
