/** Result folders made by editing a record: what a run would have to do for hours to end up as. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord, VerdictStatus } from '../../src/core/record.ts';

export interface RecordedChange {
  readonly seed: number;
  readonly strategyName?: string;
  readonly gitCommit?: string;
  readonly status?: VerdictStatus;
  /** All latencies, times this. */
  readonly latency?: number;
  /** Resident memory, times this. */
  readonly memory?: number;
  readonly change?: Partial<RunRecord>;
}

/** `record` as another run of it would be, with work enough for every percentile that is compared. */
export function editRecord(record: RunRecord, part: RecordedChange): RunRecord {
  const edited = structuredClone(record);
  const { seed, status = 'pass', latency = 1, memory = 1 } = part;
  edited.seed = seed;
  edited.id = `${part.strategyName ?? 'edited'}-${part.gitCommit ?? ''}-${seed}`;
  edited.scenario = { ...edited.scenario, seed };
  edited.startedAt = new Date(Date.UTC(2026, 0, 1) + seed * 60_000).toISOString();
  edited.strategyName = part.strategyName ?? edited.strategyName;
  if (part.gitCommit !== undefined) edited.environment.gitCommit = part.gitCommit;
  edited.partial = false;
  edited.interruptedBy = null;
  edited.stalls = [];
  edited.checks = [];
  edited.verdict = {
    status,
    reasons: status === 'pass' ? [] : [{ code: 'edited', message: `made ${status} by hand` }],
  };
  for (const group of Object.values(edited.groups)) {
    const { all, response } = group.latency;
    const values = { p50: 1, p90: 2, p95: 3, p99: 10, p999: 20, max: 30 };
    for (const [key, ms] of Object.entries(values) as [keyof typeof values, number][]) {
      all[key] = ms * latency;
      response[key] = ms * latency;
    }
    all.count = 20_000;
    response.count = 20_000;
    group.latency.deadlineMiss.share = 0;
  }
  if (edited.memory.rssMaxBytes !== null) edited.memory.rssMaxBytes = Math.round(1e8 * memory);
  for (const queue of Object.values(edited.queues)) queue.depth.max = 10;
  edited.tasks.leaked = 0;
  return { ...edited, ...part.change };
}

/** Writes `record` as a result folder of `base`, and answers its path. */
export function writeRun(base: string, record: RunRecord): string {
  const folder = join(base, record.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'record.json'), JSON.stringify({ ...record, files: ['record.json'] }));
  return folder;
}
