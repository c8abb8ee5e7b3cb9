/** What the processes report while a run goes on; the conductor joins them into the timeline and the record. */
import type { BoundaryName, PathName } from './boundary.ts';
import type { ClassCounts, LedgerSnapshot } from './ledger.ts';

/** One boundary at one moment. Queues of a `client` boundary are summed; `depthMax` is of the fullest one. */
export interface BoundarySample {
  ledger: LedgerSnapshot;
  /** The terminal columns by class, for classes with any offers. */
  classes: Record<number, ClassCounts>;
  /** Items queued now, over all queues. */
  depthItems: number;
  /** Items in the fullest queue now. */
  depthMaxItems: number;
  bytes: number;
  waiters: number;
  /** Blocked time of producers so far, added up. */
  blockedMs: number;
}

/** Requests by what the observer of their lifecycle events got to see, once all of them have ended. */
export interface LifecycleIntegrity {
  /** Start and end. */
  complete: number;
  /** The end alone, which says what the start would have said. */
  summaryOnly: number;
  /** Nothing. */
  unseen: number;
  /** The start alone: the request stays 'pending' for ever. */
  pendingForever: number;
}

/** The proxies of the system, by how clients address them. */
export type ProxyName = 'forward' | 'reverse';

/** Client connections of one proxy: accepted = open + Σ codes. */
export interface TerminationSample {
  accepted: number;
  open: number;
  /** Those that have ended, by termination code: who ended it, and in which phase. */
  codes: Record<string, number>;
}

/** Connections from one proxy to what is behind it. */
export interface UpstreamSample {
  /** Open now, those of tunnels and upgrades included; `idle` of them wait to be used again. */
  open: number;
  idle: number;
  /** Connections made so far, and exchanges that found one that was there already. */
  created: number;
  reused: number;
}

/** The program that runs beside the proxy. */
export interface ProgramSample {
  /** `running` while there is a process, in whatever words the program part has for its states. */
  state: string;
  /** Output lines read so far. */
  lines: number;
  /** Time so far in which its output was not read, because the line before found no room. */
  pausedMs: number;
}

/** What the consumer of the lifecycle events keeps and shows. */
export interface ObserverSample {
  /** Requests shown as pending. */
  pendingRows: number;
  keptEvents: number;
  keptRequests: number;
  keptBytes: number;
  /** Chains of redraws that run at a time. */
  tickChains: number;
}

/** Upper bounds of the buckets of a {@link Distribution}; what is above the last one is counted apart. */
export const APPEND_BOUNDS_MS: readonly number[] = [1, 5, 10, 25, 50, 100, 250, 500, 1000];
export const EMIT_BOUNDS_MS: readonly number[] = [1, 5, 10, 25, 50, 100, 250, 500];
export const SIZE_BOUNDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** Values so far, by bucket: `counts[i]` are those up to `bounds[i]` and above the bound before; the last one is the rest. */
export interface Distribution {
  bounds: readonly number[];
  counts: number[];
  sum: number;
  count: number;
}

/** The event store. */
export interface StoreSample {
  appended: number;
  /** Events that could not be stored. */
  failed: number;
  /** Events handed to the writer and not committed. */
  pending: number;
  headId: number;
  /** The oldest that is kept; headId + 1 for none. */
  oldestId: number;
  /** From the call to the commit, in ms. */
  appendMs: Distribution;
  /** Events per commit. */
  commitSizes: Distribution;
  /** What is wrong with it now, in words; `null` while it works. */
  error: string | null;
}

export interface ProjectionSample {
  name: string;
  /** Events between the newest one and the last that it has taken in. */
  lag: number;
  processed: number;
  /** Events that the bus overwrote before it got to them, and those of them that it read from the store. */
  missed: number;
  recovered: number;
}

/** What the SSE feed has done beside its queues. */
export interface SseSample {
  /** Times that a client was lapped by the bus, and the events it had not taken. */
  lags: number;
  missed: number;
  /** Clients that came with a `Last-Event-ID`; replays from the store, for that or for a lag, and their events. */
  resumes: number;
  replays: number;
  replayed: number;
  /** Live events left out because the replay had sent them. */
  deduplicated: number;
  /** What clients were told: gaps, states, reloads, stale marks. */
  gaps: number;
  snapshots: number;
  reloads: number;
  staleMarks: number;
  /** Streams ended for: a lag, the write deadline. */
  endedByLag: number;
  endedByDeadline: number;
  /** From the event's publication to its hand-over to the kernel, in ms. */
  emitMs: Distribution;
  /** Events written to a socket at a time. */
  batchSizes: Distribution;
}

/** What the WebSocket relay has done beside its queues. */
export interface RelaySample {
  /** Sends that found the outbound queue full, whatever came of them. */
  queueFull: number;
  /** Sends of replies that were refused: the sender was told. */
  refused: number;
  retried: number;
  /** Subscriptions that no longer get live events: ended by a full queue, or by a lag. */
  feedsKilled: number;
  feedsEndedByLag: number;
  /** Times a subscription was lapped, and the events it had not taken. */
  lags: number;
  missed: number;
  pings: number;
  pongs: number;
  /** Answers that another one replaced in the control lane. */
  pongsReplaced: number;
  /** History: requests, events sent, events left out. */
  histories: number;
  historyEvents: number;
  historyTruncated: number;
  endedBySendTimeout: number;
  /** Peers that answered neither a ping nor the kernel. */
  endedBySilence: number;
  endedByAge: number;
  /** An inbound message from its reading to the end of its chain; an outbound one from its queueing to the kernel, in ms. */
  inboundMs: Distribution;
  outboundMs: Distribution;
}

/** One wait that has lasted for a while: who waits for what, and who could end it. */
export interface WaitSample {
  /** For example `ws 12 loop`. */
  who: string;
  /** For example `room in ws.outbound of ws 12`. */
  what: string;
  /** Who makes that happen: names as in `who`; a name that stands nowhere as `who` is not waiting. */
  freedBy: string[];
  boundary: BoundaryName | null;
  /** How long it has lasted. */
  ageMs: number;
}

export interface SystemSample {
  tMs: number;
  boundaries: Partial<Record<BoundaryName, BoundarySample>>;
  /** Events taken from publishers so far. */
  published: number;
  connections: Record<PathName, { open: number; admitted: number; rejected: number }>;
  /** Requests the reverse proxy has taken and ended so far. */
  proxied: { started: number; finished: number; failed: number };
  lifecycle: LifecycleIntegrity;
  /** Client connections of the proxies. Absent without proxies. */
  terminations?: Record<ProxyName, TerminationSample>;
  upstream?: Record<ProxyName, UpstreamSample>;
  /** `null` where no program runs. */
  program?: ProgramSample | null;
  observer?: ObserverSample;
  /** Absent where no store is. */
  store?: StoreSample | null;
  projections?: ProjectionSample[];
  sse?: SseSample;
  relay?: RelaySample;
  /** Waits that have lasted, the longest first, up to 200 of them. */
  waits?: WaitSample[];
  tasks: { open: number; byKind: Record<string, number>; maxPerConnection: number };
  memory: {
    rssBytes: number;
    heapUsedBytes: number;
    externalBytes: number;
    accountedBytes: number;
    socketBytes: number;
  };
  loop: { delayP99Ms: number; delayMaxMs: number; utilization: number };
  backpressureEvents: number;
}

/** What the system says it did for one connection, once that has ended. */
export interface ConnectionAccount {
  /** The id the client named itself with, or `null` for a client that is not the harness's. */
  clientId: string | null;
  boundary: BoundaryName;
  offered: number;
  delivered: number;
  dropped: Record<string, number>;
  coalesced: Record<string, number>;
  failed: Record<string, number>;
  /** Whether the system ended it in order, with everything written that it counts as delivered. */
  endedCleanly: boolean;
}

/** What the client of one connection received. */
export interface ClientReceipt {
  clientId: string;
  group: string;
  path: PathName;
  /** Events and replies received whole. */
  received: number;
  /** Sequence numbers that never came, between the first and the last received. */
  missing: number;
  /** Number of jumps that make up `missing`. */
  gaps: number;
  duplicates: number;
  reordered: number;
  firstSeq: number | null;
  lastSeq: number | null;
  /**
   * Events that somebody else's service took while the connection was open, and that never came; of a connection that
   * its client ended, those before `lastSeq`. `null` where nobody published, and for the embedded system.
   */
  missed: number | null;
  /** The server ended the stream in order. */
  endedCleanly: boolean;
}

/** Running totals of one client group. */
export interface GroupSample {
  /** Sockets open now, and connection attempts so far by outcome. */
  open: number;
  attempted: number;
  admitted: number;
  rejected: number;
  failed: number;
  /** Requests or messages due so far (proxy, ws); 0 for pure subscribers. */
  due: number;
  /** Events, replies or responses received so far. */
  received: number;
  /** Requests answered with an error or cut off, by reason. */
  failures: Record<string, number>;
  /** Requests sent or waiting to be sent, not ended. */
  pending: number;
  /** Received within the deadline of the intended time. */
  inTime: number;
  gaps: number;
  duplicates: number;
  reordered: number;
}

export interface LoadSample {
  tMs: number;
  phase: string | null;
  groups: Record<string, GroupSample>;
  publish: { due: number; sent: number; accepted: number; failures: Record<string, number>; pending: number };
  /** Lateness of the generator itself: when an arrival was taken up, minus when it was due. */
  latenessP99Ms: number;
  latenessMaxMs: number;
  /** p99 since the start, arrivals in bursts left out; `null` without any. */
  calmLatenessP99Ms: number | null;
  loop: { delayP99Ms: number; delayMaxMs: number; utilization: number };
}
