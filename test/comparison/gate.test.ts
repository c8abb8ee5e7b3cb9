import { describe, expect, it } from 'vitest';
import type { Contrast } from '../../src/comparison/compare.ts';
import type { Evidence } from '../../src/comparison/evidence.ts';
import { decide, type GateInput } from '../../src/comparison/gate.ts';
import type { ArmRun, MetricResult, MetricSpec } from '../../src/core/comparison.ts';

function run(arm: string, block: number, part: Partial<ArmRun> = {}): ArmRun {
  return {
    ...{
      block,
      arm,
      id: `${arm}${block}`,
      folder: null,
      startedAt: '',
      seed: block,
      status: 'pass',
      rejected: null,
    },
    ...{ values: {}, counts: { offered: 1, delivered: 1, dropped: 0 } },
    ...part,
  } as ArmRun;
}

interface ContrastChoice {
  spec?: Partial<MetricSpec>;
  result?: Partial<MetricResult>;
  evidence?: Partial<Evidence> | null;
  calibration?: Contrast['duel']['calibration'];
}

/** A gated metric that is not worse, and proved to be so. */
function contrast({ spec, result, evidence, calibration = null }: ContrastChoice = {}): Contrast {
  const proof = {
    n: 10,
    estimate: 0,
    interval95: null,
    interval90: null,
    pWorse: 1,
    pBetter: 1,
    pNotWorse: 0.001,
  };
  const more = {
    pNotBetter: 0.001,
    sd: 0.01,
    pSmallest: 2 ** -10,
    t95: null,
    cliffsDelta: 0,
    worseBlocks: 0.5,
  };
  return {
    duel: { arm: 'now', reference: 'main', calibration },
    spec: {
      ...{
        name: 'rss',
        kind: 'ratio',
        unit: 'bytes',
        direction: 'lower',
        margin: 0.1,
        floor: 1,
        isGated: true,
      },
      ...spec,
    } as MetricSpec,
    result: {
      ...{ metric: spec?.name ?? 'rss', arm: 'now', reference: 'main', n: 10, verdict: 'same', reason: null },
      ...{ value: 0, referenceValue: 0, blocksToSettle: null, minimumDetectable: 0.1 },
      ...result,
    } as MetricResult,
    evidence: evidence === null ? null : { ...proof, ...more, ...evidence },
  };
}

const OPEN: ContrastChoice = {
  result: { verdict: 'inconclusive', reason: 'borderline', blocksToSettle: 16 },
  evidence: { pNotWorse: 0.2 },
};
const WORSE: ContrastChoice = { result: { verdict: 'worse' }, evidence: { pWorse: 0.001, pNotWorse: 1 } };

function input(change: Partial<GateInput> = {}): GateInput {
  return {
    mode: 'regression',
    judgedArms: ['now'],
    neededArms: ['main', 'now'],
    runs: [run('main', 0), run('now', 0)],
    contrasts: [contrast()],
    levels: { change: 0.025, same: 0.05 },
    expectations: [],
    needs: [],
    hasChecks: true,
    interruptedBy: null,
    isPartial: false,
    invalidations: [],
    doubts: [],
    options: {},
    ...change,
  };
}

const codes = (change: Partial<GateInput>): string[] => decide(input(change)).reasons.map(({ code }) => code);
const ends = (change: Partial<GateInput>): [string, number] => {
  const { status, exitCode } = decide(input(change));
  return [status, exitCode];
};

describe('gate', () => {
  it('is green where every gated metric is proved to be no worse', () => {
    expect(ends({})).toEqual(['pass', 0]);
    const better = { result: { verdict: 'better' as const } };
    const atLeastNotWorse = { result: { verdict: 'inconclusive' as const, reason: 'leaning-better' } };
    expect(ends({ contrasts: [contrast(), contrast(better), contrast(atLeastNotWorse)] })).toEqual([
      'pass',
      0,
    ]);
    expect(ends({ contrasts: [contrast({ evidence: { pNotWorse: 0.05 } })] })).toEqual(['pass', 0]);
    expect(ends({ contrasts: [contrast({ evidence: { pNotWorse: 0.0501 } })] })).toEqual(['inconclusive', 0]);
  });

  it('is red where one is proved to be worse, and only for gated ones', () => {
    expect(ends({ contrasts: [contrast(), contrast(WORSE)] })).toEqual(['fail', 3]);
    expect(ends({ contrasts: [contrast(), contrast({ ...WORSE, spec: { isGated: false } })] })).toEqual([
      'pass',
      0,
    ]);
    expect(ends({ contrasts: [contrast(OPEN), contrast(WORSE)] })).toEqual(['fail', 3]);
  });

  it('is neither where it cannot be told; under strict that is no good end', () => {
    const contrasts = [contrast(), contrast(OPEN)];
    expect(ends({ contrasts })).toEqual(['inconclusive', 0]);
    expect(ends({ contrasts, options: { isStrict: true } })).toEqual(['inconclusive', 4]);
    expect(decide(input({ contrasts })).reasons).toEqual([
      { code: 'inconclusive', message: 'rss of now: borderline, about 16 blocks would settle it' },
    ]);
    expect(ends({ options: { isStrict: true } })).toEqual(['pass', 0]);
  });

  it('says that the host is too noisy, from four margins on or as the user says', () => {
    const noisy = contrast({ ...OPEN, result: { ...OPEN.result, minimumDetectable: 0.39 } });
    const [reason] = decide(input({ contrasts: [noisy] })).reasons;
    expect(reason?.message).toContain('this host is too noisy');
    const [patient] = decide(input({ contrasts: [noisy], options: { maxMinimumDetectable: 5 } })).reasons;
    expect(patient?.message).not.toContain('noisy');
  });

  it('is never green without data, without a gate or without a baseline', () => {
    const noData = contrast({ result: { verdict: 'invalid', reason: 'insufficient' }, evidence: null });
    expect([
      codes({ contrasts: [contrast(), noData] }),
      ...ends({ contrasts: [contrast(), noData] }),
    ]).toEqual([['no_data'], 'inconclusive', 0]);
    const infinite = contrast({ result: { verdict: 'inconclusive', reason: 'inf-in-both' }, evidence: null });
    expect(ends({ contrasts: [contrast(), infinite] })).toEqual(['inconclusive', 0]);
    expect(codes({ contrasts: [] })).toEqual(['no_gate']);
    expect(codes({ contrasts: [contrast({ spec: { isGated: false } })] })).toEqual(['no_gate']);
    expect(ends({ doubts: [{ code: 'no_baseline', message: '' }], options: { isStrict: true } })).toEqual([
      'inconclusive',
      4,
    ]);
    expect(ends({ neededArms: [], judgedArms: [], runs: [], contrasts: [] })).toEqual(['invalid', 4]);
    expect(ends({ runs: [run('now', 0)] })).toEqual(['invalid', 4]);
    expect(ends({ runs: [run('main', 0, { rejected: 'noise' }), run('now', 0)] })).toEqual(['invalid', 4]);
  });

  it('is not green where a run lacks an exact metric that is gated', () => {
    const exact = (result: Partial<MetricResult>) =>
      contrast({ spec: { name: 'leaked', kind: 'exact' }, result, evidence: null });
    const lacking = { contrasts: [exact({ value: null, verdict: 'invalid', reason: 'no-data' })] };
    expect([codes(lacking), ...ends(lacking)]).toEqual([['no_data'], 'inconclusive', 0]);
    expect(ends({ ...lacking, options: { isStrict: true } })).toEqual(['inconclusive', 4]);
    const infinite = { contrasts: [exact({ value: 'inf', verdict: 'inconclusive', reason: 'inf-in-both' })] };
    expect(codes(infinite)).toEqual(['no_data']);
    for (const verdict of ['same', 'better'] as const)
      expect(ends({ contrasts: [exact({ verdict })], options: { isStrict: true } })).toEqual(['pass', 0]);
  });

  it('says so where nothing was asked of strategies against each other', () => {
    const versus = (change: Partial<GateInput> = {}) =>
      decide(input({ mode: 'versus', hasChecks: false, ...change }));
    expect(versus()).toEqual({
      status: 'inconclusive',
      reasons: [
        {
          code: 'nothing_judged',
          message: 'nothing was judged: no checks, no expectations, no needs and no gated metrics',
        },
      ],
      exitCode: 0,
    });
    expect(versus({ options: { isStrict: true } }).exitCode).toBe(4);
    expect(versus({ hasChecks: true }).status).toBe('pass');
    expect(versus({ expectations: [{ expression: 'e', status: 'pass', detail: '' }] }).status).toBe('pass');
    const stalled = [run('main', 0), run('now', 0, { status: 'stalled' })];
    expect(versus({ runs: stalled }).reasons.map(({ code }) => code)).toEqual(['stalled']);
    expect(versus({ runs: [] }).reasons.map(({ code }) => code)).toEqual(['no_data', 'no_data']);
  });

  it('counts in the singular', () => {
    const message = (change: Partial<GateInput>) => decide(input(change)).reasons[0]?.message;
    expect(message({ contrasts: [contrast({ evidence: { n: 1, pSmallest: 0.5 } })] })).toBe(
      'rss of now: 1 run is too few to prove anything',
    );
    expect(message({ runs: [run('main', 0, { rejected: 'noise' }), run('now', 0)] })).toBe(
      'main: its only run was rejected, noise',
    );
    expect(message({ runs: [run('main', 0), run('now', 0, { status: 'fail' })] })).toBe(
      'now: checks of the scenario failed in 1 of 1 run',
    );
  });

  it('is never green where it could not have been red', () => {
    const few = (n: number) => [1, 2, 3, 4, 5].map(() => contrast({ evidence: { n, pSmallest: 2 ** -n } }));
    expect(codes({ contrasts: few(7) })).toEqual(Array(5).fill('too_few_blocks'));
    expect(ends({ contrasts: few(8) })).toEqual(['pass', 0]);
    // Pocock's level for three looks: a block more.
    expect(ends({ contrasts: few(8), levels: { change: 0.01105, same: 0.0221 } })).toEqual([
      'inconclusive',
      0,
    ]);
    expect(ends({ contrasts: few(9), levels: { change: 0.01105, same: 0.0221 } })).toEqual(['pass', 0]);
  });

  it('lets runs decide that are not paired only if the user says so, or if a calibration arm pairs them', () => {
    const unpaired = { evidence: { worseBlocks: null } };
    expect([
      codes({ contrasts: [contrast(unpaired)] }),
      ...ends({ contrasts: [contrast(unpaired)] }),
    ]).toEqual([['unpaired'], 'inconclusive', 0]);
    expect(ends({ contrasts: [contrast(unpaired)], options: { allowUnpaired: true } })).toEqual(['pass', 0]);
    const calibrated = contrast({ ...unpaired, calibration: { now: 'r', before: 'baseline r' } });
    expect(ends({ contrasts: [calibrated] })).toEqual(['pass', 0]);
  });

  it('does not turn red for runs that are not paired, unless the user says so', () => {
    const worse = contrast({ ...WORSE, evidence: { ...WORSE.evidence, worseBlocks: null } });
    expect([codes({ contrasts: [worse] }), ...ends({ contrasts: [worse] })]).toEqual([
      ['unpaired'],
      'inconclusive',
      0,
    ]);
    expect(ends({ contrasts: [worse], options: { allowUnpaired: true } })).toEqual(['fail', 3]);
  });

  it('breaks on an invariant: at once where it must be 0, else where it held before or is gated', () => {
    const exact = (name: string, value: number, referenceValue: number, isGated = false) =>
      contrast({
        spec: { name, kind: 'exact', isGated },
        result: { metric: name, value, referenceValue, verdict: value > referenceValue ? 'worse' : 'same' },
        evidence: null,
      });
    const withGate = (one: Contrast) => [contrast(), one];
    expect(ends({ contrasts: withGate(exact('leaked', 2, 2)) })).toEqual(['fail', 99]);
    expect(ends({ contrasts: withGate(exact('leaked', 0, 2)) })).toEqual(['pass', 0]);
    expect(ends({ contrasts: withGate(exact('reordered', 2, 2)) })).toEqual(['pass', 0]);
    expect(ends({ contrasts: withGate(exact('reordered', 3, 0)) })).toEqual(['fail', 99]);
    // A strategy that reorders anyway does so by chance a little more or less.
    expect(ends({ contrasts: withGate(exact('reordered', 3, 2)) })).toEqual(['pass', 0]);
    expect(ends({ contrasts: withGate(exact('reordered', 3, 2, true)) })).toEqual(['fail', 99]);
    expect(ends({ mode: 'versus', contrasts: withGate(exact('reordered', 3, 0)) })).toEqual(['pass', 0]);
  });

  it('sets strategies against each other without a gate: expectations and needs alone decide', () => {
    const versus = (change: Partial<GateInput>) =>
      ends({ mode: 'versus', contrasts: [contrast(WORSE)], ...change });
    expect(versus({})).toEqual(['pass', 0]);
    const expectation = (status: 'pass' | 'fail' | 'unknown') => [{ expression: 'e', status, detail: 'd' }];
    expect(versus({ expectations: expectation('pass') })).toEqual(['pass', 0]);
    expect(versus({ expectations: expectation('fail') })).toEqual(['fail', 99]);
    expect(versus({ expectations: expectation('unknown') })).toEqual(['inconclusive', 0]);
    const need = (...statuses: ('yes' | 'no' | 'unknown')[]) => [
      {
        expression: 'loss<1%',
        arms: statuses.map((status) => ({ arm: 'a', status, because: [], isUnreplicated: false })),
        smallestCapacity: null,
      },
    ];
    expect(versus({ needs: need('yes', 'no') })).toEqual(['pass', 0]);
    expect(versus({ needs: need('no', 'no') })).toEqual(['fail', 99]);
    expect(versus({ needs: need('no', 'unknown') })).toEqual(['inconclusive', 0]);
    expect(versus({ needs: need() })).toEqual(['inconclusive', 0]);
  });

  it('looks at the checks and stalls of what is judged, not at those of the old version', () => {
    const runs = (status: ArmRun['status']) => ({ runs: [run('main', 0, { status }), run('now', 0)] });
    expect(ends(runs('fail'))).toEqual(['pass', 0]);
    expect(ends({ ...runs('fail'), judgedArms: ['main', 'now'] })).toEqual(['fail', 99]);
    expect(ends({ ...runs('stalled'), judgedArms: ['main', 'now'] })).toEqual(['stalled', 6]);
  });
});

describe('exit code of several at once', () => {
  /** In the order of precedence, with what each brings about on its own. */
  const CAUSES: [exitCode: number, change: Partial<GateInput>][] = [
    [5, { isPartial: true }],
    [130, { interruptedBy: 'SIGINT', isPartial: true }],
    [143, { interruptedBy: 'SIGTERM', isPartial: true }],
    [4, { invalidations: [{ code: 'too_many_rejected', message: '' }] }],
    [6, { runs: [run('main', 0), run('now', 0, { status: 'stalled' })] }],
    [99, { expectations: [{ expression: 'e', status: 'fail', detail: 'd' }] }],
    [3, { contrasts: [contrast(WORSE)] }],
    [0, { doubts: [{ code: 'no_baseline', message: '' }] }],
  ];

  it.each(CAUSES)('ends with %i for one cause', (exitCode, change) => {
    expect(decide(input(change)).exitCode).toBe(exitCode);
  });

  const pairs = CAUSES.flatMap(([first, a], index) =>
    CAUSES.slice(index + 1)
      // There is one reason at most why a comparison ended early.
      .filter(([second]) => !([5, 130, 143].includes(first) && [130, 143].includes(second)))
      .map(([second, b]): [number, number, Partial<GateInput>] => [first, second, { ...a, ...b }]),
  );

  it.each(pairs)('%i goes before %i', (first, _second, change) => {
    expect(decide(input(change)).exitCode).toBe(first);
    expect(decide(input({ ...change, options: { isStrict: true } })).exitCode).toBe(first === 0 ? 4 : first);
  });

  it('tells of all of them, whatever the code', () => {
    const all = Object.assign({}, ...CAUSES.map(([, change]) => change), {
      interruptedBy: null,
      isPartial: false,
    });
    expect(new Set(codes(all))).toEqual(
      new Set(['too_many_rejected', 'stalled', 'expectation_failed', 'regression', 'no_baseline']),
    );
    expect(decide(input(all)).status).toBe('invalid');
  });
});
