import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import type { Phase, ScenarioPlan } from '../../src/core/plan.ts';
import {
  findBuiltInScenario,
  isScenarioPath,
  listBuiltInScenarios,
  loadScenario,
  loadScenarioFile,
} from '../../src/scenarios/load-scenario.ts';
import { peakRatePerSec } from '../../src/scenarios/peak-rate.ts';
import { resolvePlan } from '../../src/scenarios/resolve.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function errorOf(action: () => unknown): BenchError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(BenchError);
    return error as BenchError;
  }
  throw new Error('nothing was thrown');
}

const plan = (name: string): ScenarioPlan => resolvePlan(findBuiltInScenario(name), { seed: 1 });

/** Copies of events that all subscribers get in a second at the peak of `phase`. */
function deliveriesPerSec(scenario: ScenarioPlan, phase: Phase): number {
  const subscribers = scenario.clients
    .filter((client) => client.path !== 'proxy')
    .reduce((sum, client) => sum + (phase.connections[client.name] ?? 0), 0);
  return subscribers * peakRatePerSec(phase.publish, phase.durationMs);
}

describe('loadScenario', () => {
  it.each([
    ['burst', false],
    ['my-burst', false],
    ['burst.yaml', true],
    ['burst.YML', true],
    ['burst.json', true],
    ['./burst', true],
    ['a/b', true],
  ])('%s: path %j', (text, expected) => expect(isScenarioPath(text)).toBe(expected));

  it('reads a YAML and a JSON file to the same plan, named after the file', () => {
    const yaml = write('mine.yaml', '\ufeffclients: [{ name: s, path: sse }]\nphases: [{ duration: 1s }]\n');
    const json = write(
      'mine.json',
      '{"clients": [{"name": "s", "path": "sse"}], "phases": [{"duration": "1s"}]}',
    );
    const fromYaml = resolvePlan(loadScenario(yaml), { seed: 1 });
    expect(fromYaml.name).toBe('mine');
    expect(resolvePlan(loadScenario(json), { seed: 1 })).toEqual(fromYaml);
  });

  it('refuses what it cannot read: missing, a folder, too large, not UTF-8', () => {
    expect(errorOf(() => loadScenarioFile(join(folder, 'none.yaml')))).toMatchObject({
      code: 'BPB_ERR_SCENARIO',
      message: expect.stringContaining('there is no such file'),
      hints: [],
    });
    expect(errorOf(() => loadScenarioFile('./nowhere/burst.yaml')).hints).toEqual([
      'the built-in one is named burst',
    ]);
    expect(errorOf(() => loadScenarioFile(folder)).message).toContain('it is no regular file');
    const large = write('large.yaml', '#'.repeat(1024 * 1024 + 1));
    expect(errorOf(() => loadScenarioFile(large)).message).toContain(
      'expected at most 1048576 bytes, got 1048577',
    );
    const binary = write('binary.yaml', Uint8Array.of(0x61, 0xff, 0xfe));
    expect(errorOf(() => loadScenarioFile(binary)).message).toContain('cannot read the scenario');
  });

  it('answers an unknown name with the nearest one', () => {
    const error = errorOf(() => loadScenario('brust'));
    expect(error.code).toBe('BPB_ERR_UNKNOWN_NAME');
    expect(error.exitCode).toBe(2);
    expect(error.hints[0]).toBe('did you mean burst?');
    expect(errorOf(() => loadScenario('zzzzzzzz')).hints[0]).toContain('known are burst, deadlock, gradual');
  });
});

describe('built-in scenarios', () => {
  it('are listed with summary, file and length', () => {
    const list = listBuiltInScenarios();
    expect(list.map((entry) => [entry.name, entry.durationMs])).toEqual([
      ['burst', 14_000],
      ['deadlock', 5000],
      ['gradual', 21_000],
      ['hot-keys', 10_000],
      ['isolation', 24_000],
      ['memory-bound', 11_000],
      ['overload', 10_000],
      ['self-test', 3000],
      ['slow-cohort', 12_000],
      ['smoke', 3000],
      ['stall', 10_000],
    ]);
    expect(
      list.every((entry) => entry.summary.length > 20 && entry.file.endsWith(`${entry.name}.yaml`)),
    ).toBe(true);
  });

  it.each([
    'burst',
    'gradual',
    'hot-keys',
    'isolation',
    'memory-bound',
    'overload',
    'slow-cohort',
    'smoke',
    'stall',
  ])('%s is sound, has checks and stays within what two cores can carry', (name) => {
    const scenario = plan(name);
    expect(scenario.name).toBe(name);
    expect(scenario.checks.length).toBeGreaterThan(1);
    for (const phase of scenario.phases) expect(deliveriesPerSec(scenario, phase)).toBeLessThan(35_000);
  });

  it('gradual steps through 10, 50, 100, 500 and 1000 connections', () => {
    const totals = plan('gradual').phases.map((phase) =>
      Object.values(phase.connections).reduce((sum, count) => sum + count, 0),
    );
    expect(totals).toEqual([10, 50, 100, 500, 1000]);
  });

  it('burst and slow-cohort offer slow readers more than they, the kernel and the queue can take', () => {
    // Measured for frames of this size on a Unix socket: 97 KB in single writes, 208 KB in batches.
    const hiddenBytes = 208_000;
    const batchBytes = 16 * 1024;
    for (const [name, phaseNames] of [
      ['burst', ['burst']],
      ['slow-cohort', ['warmup', 'steady']],
    ] as const) {
      const scenario = plan(name);
      const slow = scenario.clients.find((client) => client.readBytesPerSec !== null);
      const phases = scenario.phases.filter((phase) =>
        (phaseNames as readonly string[]).includes(phase.name),
      );
      const surplusBytes = phases.reduce((sum, phase) => {
        const offeredPerSec = peakRatePerSec(phase.publish, phase.durationMs) * phase.eventBytes;
        return sum + ((offeredPerSec - (slow?.readBytesPerSec ?? 0)) * phase.durationMs) / 1000;
      }, 0);
      expect(surplusBytes).toBeGreaterThan(hiddenBytes + batchBytes + 64 * 1041);
    }
  });

  it('memory-bound has the limits and the events of the note', () => {
    const scenario = plan('memory-bound');
    expect(scenario.system.resources).toEqual({
      maxConnections: 1000,
      maxMemoryBytes: 100_000_000,
      maxTasks: 3000,
    });
    expect(scenario.phases.map((phase) => phase.eventBytes)).toEqual([1_000_000, 1_000_000, 1_000_000]);
    expect(scenario.phases[1]?.connections).toEqual({ 'sse fast': 450, 'sse slow': 50 });
  });
});
