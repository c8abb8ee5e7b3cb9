/**
 * Processes seen from outside, from Linux' /proc: a blocked process cannot report on itself.
 * Elsewhere every reading is `null`, which the record shows as unavailable.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessReading {
  /** As the kernel says it: `R` runs, `S` sleeps, `D` waits in the kernel, `T` is stopped, and some more. */
  state: string;
  /** CPU time used so far, user and system. */
  cpuMs: number;
  rssBytes: number;
  openFiles: number;
}

/** Linux counts CPU time in ticks of 10 ms (USER_HZ is 100 on every supported architecture). */
const MS_PER_TICK = 10;

export function readProcess(pid: number): ProcessReading | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status);
    return {
      state: fields[0] ?? '',
      cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
      rssBytes: rss ? Number(rss[1]) * 1024 : 0,
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return null;
  }
}

export interface HostCpuReading {
  /** Summed over all cores. */
  busyMs: number;
  stealMs: number;
}

export function readHostCpu(): HostCpuReading | null {
  try {
    const line = /^cpu\s+(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'));
    if (!line) return null;
    const [user, nice, system, , , irq, softirq, steal] = (line[1] as string).split(/\s+/).map(Number);
    const busyTicks = (user ?? 0) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0);
    return { busyMs: busyTicks * MS_PER_TICK, stealMs: (steal ?? 0) * MS_PER_TICK };
  } catch {
    return null;
  }
}

/** Most file descriptors this process may have open; `null` where it cannot be read. */
export function readOpenFilesLimit(): number | null {
  try {
    // Node raises its soft limit to the hard one when it starts, so the hard one counts.
    const line = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(
      readFileSync('/proc/self/limits', 'utf8'),
    );
    if (!line) return null;
    return line[2] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[2]);
  } catch {
    return null;
  }
}

/**
 * Bytes that TCP connections of `port` hold in the kernel, both ends on this host: the server's send
 * queues and the clients' receive queues. `null` where it cannot be read.
 */
export function readKernelBytes(port: number): number | null {
  try {
    const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    let bytes = 0;
    for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
      const fields = line.trim().split(/\s+/);
      const [local, remote, queues] = [fields[1], fields[2], fields[4]];
      if (!local || !remote || !queues) continue;
      if (local.endsWith(hexPort)) bytes += Number.parseInt(queues.slice(0, 8), 16);
      else if (remote.endsWith(hexPort)) bytes += Number.parseInt(queues.slice(9), 16);
    }
    return bytes;
  } catch {
    return null;
  }
}
