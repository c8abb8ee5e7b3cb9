/** What must hold before anything is started. */
import { BenchError } from '../core/errors.ts';
import { planMaxConnections, type ScenarioPlan } from '../core/plan.ts';
import { readOpenFilesLimit } from '../targets/process-probe.ts';

/** Sockets and files that a process has open beside the load's connections. */
const SPARE_FILES = 64;

/**
 * Files that the hungriest process of the run must have open at a time: the system holds one end of
 * every connection, and one upstream connection for each of its pool.
 */
export function countOpenFilesNeeded(plan: ScenarioPlan): number {
  return planMaxConnections(plan) + plan.system.upstream.connections + SPARE_FILES;
}

/** Error BPB_ERR_TOO_FEW_FILE_DESCRIPTORS, with the number needed, when the host's limit is below it. */
export function checkOpenFiles(plan: ScenarioPlan, limit: number | null = readOpenFilesLimit()): void {
  const needed = countOpenFilesNeeded(plan);
  if (limit === null || limit >= needed) return;
  throw new BenchError(
    'BPB_ERR_TOO_FEW_FILE_DESCRIPTORS',
    `${plan.name} needs ${needed} open files per process, this host allows ${limit}`,
    { hints: [`raise the limit: ulimit -n ${needed}`, 'or use fewer connections: -c 100'] },
  );
}
