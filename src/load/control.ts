/** The messages between the conductor and the load worker. */
import type { PathName } from '../core/boundary.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { HiddenBuffer } from '../core/record.ts';
import type { ClientReceipt, LoadSample } from '../core/samples.ts';

/** Where the load goes; `null` for a path that the target does not have. */
export interface LoadEndpoints {
  /** Stream of events, `http://…`. */
  sse: string | null;
  /** `ws://…` */
  ws: string | null;
  /** Requested with GET. */
  proxy: string | null;
  /** Takes one event per POST; without it nothing is published. */
  publish: string | null;
  /**
   * Whether the target is the system of this package: it reads key, flow and class of an event from the query, and has
   * words of its own beside the events.
   */
  isEmbedded: boolean;
  /** The same server on a Unix domain socket, for groups with `via: unix`. */
  unixSocketPath: string | null;
}

export type ToLoad =
  /** Calibrates the hidden buffers and gets everything ready; sends nothing to the target yet. */
  | {
      type: 'prepare';
      /** A bigint as text: the run's epoch. */
      epochNs: string;
      plan: ScenarioPlan;
      endpoints: LoadEndpoints;
      sampleIntervalMs: number;
      histogramIntervalMs: number;
    }
  /** Plays the phases, the first one starting at `startMs` after the epoch. */
  | { type: 'go'; startMs: number }
  /** No arrivals and no new connections from now on, whatever phase it is; what is open stays open. */
  | { type: 'finish' }
  /** Slow readers read at full speed from now on, so that nothing stays in the kernel. */
  | { type: 'thaw' }
  /** Closes what the target has not closed, sends the last receipts and `closed`. */
  | { type: 'close' }
  | { type: 'stop' };

/** What one interval's histogram is about. `slip` and `service` as in the record; `age` of information. */
export type LatencyKind = 'response' | 'service' | 'slip' | 'age';

export interface IntervalHistogram {
  group: string;
  path: PathName;
  kind: LatencyKind;
  /** Whether the work was due in a measured phase. */
  measured: boolean;
  /** HdrHistogram V2 of microseconds, compressed, base64. */
  encoded: string;
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export type FromLoad =
  | { type: 'ready'; pid: number }
  | { type: 'prepared'; hiddenBuffers: HiddenBuffer[] }
  | { type: 'phase'; name: string; index: number; startedMs: number }
  | { type: 'sample'; sample: LoadSample }
  /** Everything received between two moments, by group and kind; empty histograms are left out. */
  | { type: 'interval'; startMs: number; endMs: number; histograms: IntervalHistogram[] }
  /** The last phase is over (or `finish` came): nothing new is due. */
  | { type: 'arrivalsDone'; atMs: number }
  /** Connections that have ended, in batches. */
  | { type: 'receipts'; receipts: ClientReceipt[] }
  | { type: 'closed'; sample: LoadSample };
