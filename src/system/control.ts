/** The messages between the conductor and the system under test. */
import type { BoundaryName } from '../core/boundary.ts';
import type { SystemSettings } from '../core/plan.ts';
import type { ConnectionAccount, SystemSample } from '../core/samples.ts';
import type { StrategySpec } from '../core/strategy.ts';

export interface SystemConfig extends SystemSettings {
  /** A bigint as text: the run's epoch. */
  epochNs: string;
  seed: number;
  /** Listens here; port 0 takes a free one. */
  host: string;
  port: number;
  /** A Unix domain socket beside the TCP port; `null` for none. */
  unixSocketPath: string | null;
  /** Where queues that spill keep what left memory; made and emptied by them. */
  spillFolder: string;
  /** What the reverse proxy forwards to. */
  originUrl: string;
  strategies: Record<BoundaryName, StrategySpec>;
  sampleIntervalMs: number;
}

/** Where the system can be reached once it is ready. */
export interface SystemAddresses {
  reverseUrl: string;
  sseUrl: string;
  publishUrl: string;
  wsUrl: string;
  metricsUrl: string;
  healthUrl: string;
  unixSocketPath: string | null;
}

export type ToSystem =
  | { type: 'start'; config: SystemConfig }
  /** Takes no new work, delivers what is queued, ends every stream in order; what is left at the deadline is dropped{shutdown}. */
  | { type: 'finish'; deadlineMs: number }
  | { type: 'stop' };

export type FromSystem =
  | { type: 'ready'; pid: number }
  | { type: 'listening'; addresses: SystemAddresses }
  | { type: 'sample'; sample: SystemSample }
  | { type: 'accounts'; accounts: ConnectionAccount[] }
  /** All queues are closed and everything is accounted for; tasks still alive are leaks. */
  | { type: 'finished'; sample: SystemSample; leakedTasks: Record<string, number> };
