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
  /** What lives no longer than the run, the files below included unless somebody keeps them. Goes with this process. */
  temporaryFolder: string;
  /** A Unix domain socket beside the TCP port; `null` for none. */
  unixSocketPath: string | null;
  /** Where queues that spill keep what left memory; made and emptied by them. */
  spillFolder: string;
  /** The file of the event store, made where it is not there; goes on where it is. */
  storePath: string;
  /** What the reverse proxy forwards to. */
  originUrl: string;
  strategies: Record<BoundaryName, StrategySpec>;
  sampleIntervalMs: number;
}

/** Where the system can be reached once it is ready. */
export interface SystemAddresses {
  /** The forward proxy: absolute-form requests and CONNECT. */
  proxyUrl: string;
  reverseUrl: string;
  sseUrl: string;
  publishUrl: string;
  wsUrl: string;
  /** Answers every message with itself and drops nothing. */
  wsEchoUrl: string;
  metricsUrl: string;
  healthUrl: string;
  unixSocketPath: string | null;
  /** The certificate of the CA that intercepted tunnels are under (PEM); `null` where none are. */
  caCertificate: string | null;
}

export type ToSystem =
  | { type: 'start'; config: SystemConfig }
  /** Takes no new work, delivers what is queued, ends every stream in order; what is left at the deadline is dropped{shutdown}. */
  | { type: 'finish'; deadlineMs: number }
  /** What a user of the noted system asks of the child program. Answered by `program`. */
  | { type: 'program'; action: 'start' | 'stop' | 'restart' }
  /** Lets go on whatever an interceptor with `pause` holds. */
  | { type: 'release' }
  | { type: 'stop' };

export type FromSystem =
  | { type: 'ready'; pid: number }
  | { type: 'listening'; addresses: SystemAddresses }
  | { type: 'sample'; sample: SystemSample }
  | { type: 'accounts'; accounts: ConnectionAccount[] }
  | { type: 'program'; action: 'start' | 'stop' | 'restart'; outcome: 'done' | 'failed'; message: string }
  /** All queues are closed and everything is accounted for; tasks still alive are leaks. */
  | { type: 'finished'; sample: SystemSample; leakedTasks: Record<string, number> };
