/** What must hold before anything is started. */
import { connect } from 'node:net';
import { BenchError } from '../core/errors.ts';
import { planMaxConnections, type ScenarioPlan } from '../core/plan.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { formatBytes } from '../core/units.ts';
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

/** Error BPB_ERR_SCENARIO when the queue of the proxy's events alone may hold all memory that the system may use. */
export function checkMemory(plan: ScenarioPlan, events: StrategySpec): void {
  const { maxMemoryBytes } = plan.system.resources;
  const overflow = events.stages.find(({ stage }) => stage === 'overflow');
  const isBounded = overflow !== undefined && overflow.name !== 'unbounded';
  const eventsBytes = isBounded ? Number(overflow.params['capacityBytes']) : 0;
  if (maxMemoryBytes === null || maxMemoryBytes > eventsBytes) return;
  throw new BenchError(
    'BPB_ERR_SCENARIO',
    `system.resources.maxMemory must be above the ${formatBytes(eventsBytes)} that proxy.events may hold, got ${formatBytes(maxMemoryBytes)}`,
    { hints: ['raise maxMemory', `or bound the events: --at 'proxy.events=${overflow?.name},bytes=64KiB'`] },
  );
}

const REACH_TIMEOUT_MS = 5000;

/** Error BPB_ERR_UNREACHABLE when nobody listens where the load would go. */
export async function checkReachable(urls: readonly string[]): Promise<void> {
  for (const text of urls) {
    const url = new URL(text);
    const port = Number(url.port) || 80;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    await new Promise<void>((resolve, reject) => {
      const refuse = (why: string): void => {
        socket.destroy();
        const hints = ['start the service first', 'or check the port'];
        reject(new BenchError('BPB_ERR_UNREACHABLE', `nobody answers at ${text}: ${why}`, { hints }));
      };
      const socket = connect({ host, port, timeout: REACH_TIMEOUT_MS });
      socket.once('timeout', () => refuse(`no connection within ${REACH_TIMEOUT_MS} ms`));
      socket.once('error', (error) => refuse(error.message));
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    });
  }
}
