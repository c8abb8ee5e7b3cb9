/** The instrument's own memory does not grow with the length of a run. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { createResultsFolder, findMarked, startCli } from '../helpers/cli.ts';
import { codeOnHost } from '../helpers/validity.ts';

/** It plays for 40 s: BPBENCH_CI=1 asks for it, as `.ci/run` does. */
const isWanted = process.env['BPBENCH_CI'] === '1' && process.platform === 'linux';

describe.skipIf(!isWanted)('memory (skipped without BPBENCH_CI=1 on Linux: it plays for 40 s)', () => {
  it('of conductor and load worker stays flat from 4 s to ten times that', async () => {
    const args = ['run', 'smoke', '-d', '40s', '-r', '200', '--json', '--no-progress', '--no-checks'];
    const cli = startCli([...args, '--results', createResultsFolder()]);
    const readings: Record<string, number[]> = { conductor: [], load: [] };
    let isDone = false;
    void cli.done.then(() => {
      isDone = true;
    });
    while (!isDone) {
      for (const { pid, role } of findMarked(cli.mark)) readings[role]?.push(readRssKb(pid));
      await Promise.race([cli.done, wait(500)]); // readings over time need time
    }
    const { code, stdout } = await cli.done;
    const record = JSON.parse(stdout) as RunRecord;
    expect(code, JSON.stringify(record.verdict)).toBe(codeOnHost(record, EXIT.ok));
    for (const [role, series] of Object.entries(readings)) {
      const fifth = Math.floor(series.length / 5);
      const early = Math.max(...series.slice(fifth, 2 * fifth));
      const late = Math.max(...series.slice(-fifth));
      expect(late / early, `${role}: ${early} KiB early, ${late} KiB late`).toBeLessThan(1.3);
    }
  });
});

function readRssKb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has just ended
  }
}
