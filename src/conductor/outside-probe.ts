/** Reads the run's processes and the host from outside, once a second: a blocked process cannot report on itself. */
import { type ProcessReading, readHostCpu, readKernelBytes, readProcess } from '../targets/process-probe.ts';
import type { Collector } from './collector.ts';

const INTERVAL_MS = 1000;

/** What there is to look at; `null` for what the run does not have. */
export interface OutsideTargets {
  readonly load: number;
  readonly system: number | null;
  readonly origin: number | null;
  /** TCP port of the system's feeds. */
  readonly feedPort: number | null;
}

export class OutsideProbe {
  readonly #collector: Collector;
  readonly #targets: OutsideTargets;
  readonly #cpuAtStart = process.cpuUsage();
  readonly #timer: NodeJS.Timeout;

  /** Takes the first reading at once. */
  constructor(collector: Collector, targets: OutsideTargets) {
    this.#collector = collector;
    this.#targets = targets;
    this.#read();
    this.#timer = setInterval(() => this.#read(), INTERVAL_MS);
  }

  /** Takes the last reading; a second call does nothing new. */
  stop(): void {
    clearInterval(this.#timer);
    this.#read();
  }

  #read(): void {
    const { cpu, kernel } = this.#collector;
    const { load, system, origin, feedPort } = this.#targets;
    keep(cpu.load, readProcess(load));
    if (system !== null) keep(cpu.system, readProcess(system));
    if (origin !== null) keep(cpu.origin, readProcess(origin));
    keep(cpu.host, readHostCpu());
    const used = process.cpuUsage(this.#cpuAtStart);
    cpu.conductorMs = (used.user + used.system) / 1000;
    const kernelBytes = feedPort === null ? null : readKernelBytes(feedPort);
    if (kernelBytes !== null) kernel.add(kernelBytes);
  }
}

function keep<Reading extends ProcessReading | NonNullable<ReturnType<typeof readHostCpu>>>(
  series: { first: Reading | null; last: Reading | null },
  reading: Reading | null,
): void {
  if (reading === null) return; // it has ended, or cannot be read here
  series.first ??= reading;
  series.last = reading;
}
