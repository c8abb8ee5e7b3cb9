import { describe, expect, it } from 'vitest';
import { exitCodeOf, type SelfCheckDocument } from '../../src/cli/commands/selfcheck.ts';
import { renderSelfCheck } from '../../src/cli/self-check-text.ts';
import { displayWidth } from '../../src/report/text.ts';
import {
  belowRow,
  estimateRow,
  exactRow,
  type Gate,
  playPlan,
  stage,
  strategyOf,
  withinRow,
} from '../../src/simulation/gates/gate.ts';
import { GATES } from '../../src/simulation/gates/registry.ts';
import { type GateReport, playGates } from '../../src/simulation/self-check.ts';

const gate = (name: string, play: Gate['play']): Gate => ({ name, title: `The check ${name}`, play });
const good = gate('good', () => [exactRow('drops', 'count', 3, 3)]);
const bad = gate('bad', () => [
  exactRow('drops', 'count', 3, 3),
  exactRow('leaks', 'count', 1, 0, 'one leaked'),
]);
const play = (gates: Gate[], signal?: AbortSignal): Promise<GateReport[]> =>
  playGates({ seed: 1, gates, ...(signal === undefined ? {} : { signal }) });

describe('gates', () => {
  it('have names of their own', () => {
    expect(new Set(GATES.map(({ name }) => name)).size).toBe(GATES.length);
  });

  it('are ok when every row is', async () => {
    const reports = await play([good, bad]);
    expect(reports.map(({ name, ok }) => [name, ok])).toEqual([
      ['good', true],
      ['bad', false],
    ]);
  });

  it('fail when they cannot be played, and when they say nothing', async () => {
    const [thrown, silent, leaking] = await play([
      gate('thrown', () => {
        throw new Error('no sockets here');
      }),
      gate('silent', () => []),
      gate('leaking', (context) => {
        playPlan(context, {
          strategy: strategyOf('as-written/ironstar-drop-oldest', 2),
          arrivals: { law: 'fixed', perSec: 2000 },
          service: { law: 'fixed', perSec: 1000 },
          offers: 220,
          batches: 20,
        });
        return [exactRow('never reached', 'count', 0, 0)];
      }),
    ]);
    expect(thrown).toMatchObject({ ok: false, problem: 'no sockets here' });
    expect(silent).toMatchObject({ ok: false });
    expect(leaking?.problem).toMatch(/ironstar-drop-oldest does not add up: \d+ items unaccounted/);
  });

  it('are not played any more after an interruption', async () => {
    const controller = new AbortController();
    const reports = await play(
      [
        gate('first', () => {
          controller.abort('SIGINT');
          return [exactRow('drops', 'count', 0, 0)];
        }),
        good,
      ],
      controller.signal,
    );
    expect(reports.map(({ name }) => name)).toEqual(['first']);
  });

  it('draw the line at four standard errors, at the same number, and at the tolerance', () => {
    const estimate = { mean: 1, standardError: 0.01, batches: 100_000 };
    expect(estimateRow('x', 'ratio', estimate, 1.0399).ok).toBe(true);
    expect(estimateRow('x', 'ratio', estimate, 1.0401).ok).toBe(false);
    expect(estimateRow('x', 'ratio', estimate, 0.9599).ok).toBe(false);
    expect(exactRow('x', 'count', 1, 1 + 1e-12).ok).toBe(false);
    expect([withinRow('x', 's', 1.09, 1, 0.1).ok, withinRow('x', 's', 0.89, 1, 0.1).ok]).toEqual([
      true,
      false,
    ]);
    expect([belowRow('x', 'ratio', 0.019, 0.02).ok, belowRow('x', 'ratio', 0.02, 0.02).ok]).toEqual([
      true,
      false,
    ]);
    expect(belowRow('x', 'ratio', Number.NaN, 0.02).ok).toBe(false);
    expect(withinRow('x', 'ratio', Number.NaN, 1, 0.1).ok).toBe(false);
  });

  it('refuse a parameter that a part does not have: it would be played with its default', () => {
    expect(() => stage('shaping', 'batch', { window: 5 })).toThrow("batch has no parameter 'window'");
  });
});

const document = (change: Partial<SelfCheckDocument>): SelfCheckDocument => ({
  schemaVersion: 1,
  kind: 'selfcheck',
  bpbenchVersion: '0.1.0',
  nodeVersion: '24.0.0',
  seed: 4711,
  status: 'pass',
  interruptedBy: null,
  durationMs: 5,
  gates: [],
  ...change,
});

const REPORTS: GateReport[] = [
  {
    name: 'a',
    title: 'One server',
    ok: true,
    problem: null,
    rows: [
      estimateRow(
        'loss, load 0.8, room 5',
        'ratio',
        { mean: 0.0881, standardError: 0.001, batches: 100 },
        0.0888,
      ),
      withinRow('lags', 'per s', 0.00782, 0.00781, 0.02),
      belowRow('Little residual', 'ratio', 0.0001, 0.02),
    ],
  },
  {
    name: 'b',
    title: 'The ledger',
    ok: false,
    problem: null,
    rows: [exactRow('parts whose ledger does not add up', 'count', 1, 0, 'drop-oldest: 3 items unaccounted')],
  },
  { name: 'c', title: 'Sockets', ok: false, rows: [], problem: 'listen EPERM' },
];

describe('the text of a self-check', () => {
  it('puts the verdict first, then each number with what was predicted', () => {
    const look = { width: 80, color: false, unicode: true };
    expect(renderSelfCheck(document({ status: 'invalid', gates: REPORTS }), look)).toBe(
      `INVALID: b, c failed; no comparison made here can be trusted · seed 4711

  check                                 measured   predicted      z
One server
  loss, load 0.8, room 5                 0.08810     0.08880   -0.7  ok
  lags                                0.007820/s  0.007810/s   ±2 %  ok
  Little residual                       0.000100     0.02000  below  ok
The ledger
  parts whose ledger does not add up           1           0  equal  FAIL
    drop-oldest: 3 items unaccounted
Sockets
  FAIL listen EPERM

z: standard errors between measured and predicted, fewer than 4 pass. equal:
must be the same number. ±: the formula itself is only that good. below: must
stay under the limit.
`,
    );
  });

  it.each([60, 80, 120])('fits %d columns, also in ASCII', (width) => {
    for (const unicode of [true, false]) {
      const text = renderSelfCheck(document({ status: 'invalid', gates: REPORTS }), {
        width,
        color: false,
        unicode,
      });
      for (const line of text.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
      if (!unicode) expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    }
  });
});

describe('the exit code of a self-check', () => {
  it.each([
    [document({}), 0],
    [document({ status: 'invalid', gates: REPORTS }), 4],
    [document({ status: 'partial', interruptedBy: 'SIGINT' }), 130],
    [document({ status: 'partial', interruptedBy: 'SIGTERM' }), 143],
    [document({ status: 'invalid', interruptedBy: 'SIGINT', gates: REPORTS }), 130],
  ])('%#', (one, code) => {
    expect(exitCodeOf(one)).toBe(code);
  });
});
