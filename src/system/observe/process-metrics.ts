/** What every Prometheus client tells of its process, under the names that they share. */
import { readdirSync } from 'node:fs';
import { counter, gauge, type Metric } from './exposition.ts';

export interface ProcessReading {
  /** User and system time used so far. */
  readonly cpuSeconds: number;
  /** Wall time of the start, in seconds since 1970. */
  readonly startedAtSeconds: number;
  /** Open file descriptors; `null` where the system does not tell (elsewhere than on Linux). */
  readonly openFiles: number | null;
}

const MICROS_PER_SECOND = 1_000_000;

export function readOwnProcess(): ProcessReading {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / MICROS_PER_SECOND,
    startedAtSeconds: performance.timeOrigin / 1000,
    openFiles: countOpenFiles(),
  };
}

function countOpenFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1; // one of them is the folder that is read
  } catch {
    return null;
  }
}

export function processMetrics(rssBytes: number, reading: ProcessReading): Metric[] {
  const { cpuSeconds, startedAtSeconds, openFiles } = reading;
  return [
    counter('process_cpu_seconds_total', 'CPU time used, user and system.', cpuSeconds),
    gauge('process_resident_memory_bytes', 'Resident memory.', rssBytes),
    ...(openFiles === null ? [] : [gauge('process_open_fds', 'Open file descriptors.', openFiles)]),
    gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', startedAtSeconds),
  ];
}
