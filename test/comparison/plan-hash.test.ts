import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/comparison/canonical-json.ts';
import { describeEnvironmentDifference, fingerprintOf } from '../../src/comparison/fingerprint.ts';
import { describeDifference, isSamePlan, planHash } from '../../src/comparison/plan-hash.ts';
import type { ScenarioPlan } from '../../src/core/plan.ts';
import { createRecord } from '../report/fixtures.ts';

const { scenario, environment } = createRecord();
const changed = (change: Partial<ScenarioPlan>): ScenarioPlan => ({ ...scenario, ...change });

describe('canonical JSON', () => {
  it('writes the examples of RFC 8785', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000F\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    const names = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const table = Object.fromEntries(names.map((name) => [name, 0]));
    expect(Object.keys(JSON.parse(canonicalJson(table)) as object)).toHaveLength(7);
    expect(canonicalJson(table)).toBe(
      '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\ud83d\ude00":0,"\ufb33":0}',
    );
  });

  it('has one text for one value, whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: -0 }], a: undefined })).toBe('{"b":[1,{"c":0,"d":1}]}');
    expect(canonicalJson([undefined, null])).toBe('[null,null]');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(RangeError);
  });

  it('survives half a surrogate pair', () => {
    expect(canonicalJson({ a: '\ud800' })).toBe('{"a":"\\ud800"}');
  });
});

describe('plan hash', () => {
  it('is of what is played: not of seed, checks and description', () => {
    expect(planHash(scenario)).toMatch(/^sha256:[0-9a-f]{64}$/);
    const other = changed({ seed: 1, checks: [], description: 'else' });
    expect(planHash(other)).toBe(planHash(scenario));
    expect(isSamePlan(other, scenario)).toBe(true);
    expect(describeDifference(scenario, other)).toEqual([]);
  });

  it.each<[Partial<ScenarioPlan>, string]>([
    [{ name: 'steady' }, 'name: "burst" → "steady"'],
    [{ graceMs: 1 }, 'graceMs: 5000 → 1'],
    [{ boundary: ['sse.client'] }, 'boundary[1]: "ws.outbound" → nothing'],
    [
      { phases: scenario.phases.map((phase) => ({ ...phase, durationMs: 7 })) },
      'phases[0].durationMs: 2000 → 7',
    ],
    [
      { system: { ...scenario.system, program: { command: 'x', args: [] } } },
      'system.program: null → {"args":[],"command":"x"}',
    ],
  ])('tells %j apart, in words', (change, line) => {
    const other = changed(change);
    expect(planHash(other)).not.toBe(planHash(scenario));
    expect(isSamePlan(other, scenario)).toBe(false);
    expect(describeDifference(scenario, other)).toContain(line);
  });

  it('shows the first differences, and cuts long ones', () => {
    const other = changed({
      name: 'x'.repeat(500),
      phases: [],
      clients: [],
      system: { ...scenario.system, recorder: { mode: 'async', writeMs: 3 } },
    });
    const lines = describeDifference(scenario, other);
    expect(lines).toHaveLength(9);
    expect(lines[8]).toMatch(/^and \d+ more$/);
    for (const line of lines) expect(line.length).toBeLessThan(160);
  });
});

describe('fingerprint', () => {
  it('is of what stays the same from run to run', () => {
    const same = {
      ...environment,
      gitCommit: 'other',
      openFilesLimit: 3,
      packages: {},
      memoryBytes: environment.memoryBytes - 4096,
    };
    expect(fingerprintOf(same)).toBe(fingerprintOf(environment));
    expect(describeEnvironmentDifference(environment, same)).toEqual([]);
  });

  it('tells another host, kernel or Node apart, and says how', () => {
    const other = { ...environment, cores: 2, kernel: '6.8.0', nodeVersion: '26.11.0' };
    expect(fingerprintOf(other)).not.toBe(fingerprintOf(environment));
    expect(describeEnvironmentDifference(environment, other)).toEqual([
      'kernel: 6.1.0 → 6.8.0',
      'cores: 8 → 2',
      'nodeVersion: 26.10.0 → 26.11.0',
    ]);
  });
});
