/** A run as the detector sees it, played by hand: what a test does not change stands still. */
import type { StallSettings } from '../../../src/conductor/stalls/evidence.ts';
import { StallDetector } from '../../../src/conductor/stalls/stall-detector.ts';
import type { BoundaryName, PathName } from '../../../src/core/boundary.ts';
import { closeLedger, createEmptyLedger } from '../../../src/core/ledger.ts';
import type { Stall } from '../../../src/core/record.ts';
import type { GroupSample, LoadSample, SystemSample, WaitSample } from '../../../src/core/samples.ts';
import type { ProcessReading } from '../../../src/targets/process-probe.ts';

export const STEP_MS = 250;

export interface QueueState {
  queued: number;
  inFlight: number;
  waiters: number;
  delivered: number;
  dropped: number;
}

export interface GroupState {
  path: PathName;
  open: number;
  due: number;
  pending: number;
  received: number;
}

export interface WaitState {
  who: string;
  what?: string;
  freedBy: string[];
  boundary: BoundaryName | null;
  sinceMs: number;
}

const SETTINGS: StallSettings = {
  stallAfterMs: 5000,
  patienceMs: { sse: 5000, ws: 5000, proxy: 5000 },
  holding: new Set(),
};

/** What there is at the moment; a test changes it between steps. */
export interface Scene {
  tMs: number;
  phase: string | null;
  /** Whether the system process says anything. */
  isSilent: boolean;
  process: Pick<ProcessReading, 'state' | 'cpuMs'> | null;
  publish: { due: number; accepted: number; pending: number };
  groups: Record<string, GroupState>;
  queues: Partial<Record<BoundaryName, QueueState>>;
  waits: WaitState[];
}

export class History {
  readonly scene: Scene = {
    tMs: 0,
    phase: 'steady',
    isSilent: false,
    process: null,
    publish: { due: 0, accepted: 0, pending: 0 },
    groups: {},
    queues: {},
    waits: [],
  };
  readonly #detector: StallDetector;
  #system: SystemSample | null = null;
  #heardMs = 0;

  constructor(groups: Record<string, PathName> = {}, settings: Partial<StallSettings> = {}) {
    for (const [name, path] of Object.entries(groups))
      this.scene.groups[name] = { path, open: 1, due: 0, pending: 0, received: 0 };
    const clients = Object.entries(groups).map(([name, path]) => ({ name, path }));
    this.#detector = new StallDetector({ ...SETTINGS, ...settings }, clients);
  }

  group(name: string): GroupState {
    return this.scene.groups[name] as GroupState;
  }

  queue(name: BoundaryName): QueueState {
    const made = this.scene.queues[name] ?? { queued: 0, inFlight: 0, waiters: 0, delivered: 0, dropped: 0 };
    this.scene.queues[name] = made;
    return made;
  }

  /** Somebody begins to wait now. */
  wait(who: string, freedBy: string[], boundary: BoundaryName | null = null, what = 'room'): void {
    this.scene.waits.push({ who, what, freedBy, boundary, sinceMs: this.scene.tMs });
  }

  /** `change` runs before each step. */
  play(forMs: number, change: (scene: Scene) => void = () => {}): this {
    for (const untilMs = this.scene.tMs + forMs; this.scene.tMs < untilMs; ) {
      this.scene.tMs += STEP_MS;
      change(this.scene);
      this.#look();
    }
    return this;
  }

  /** Nobody looks for so long. */
  skip(forMs: number): this {
    this.scene.tMs += forMs;
    return this;
  }

  finish(): { stalls: readonly Stall[]; untold: number } {
    return this.#detector.finish(this.scene.tMs);
  }

  #look(): void {
    const { tMs, isSilent, process } = this.scene;
    if (!isSilent) {
      this.#system = this.#sampleSystem();
      this.#heardMs = tMs;
    }
    this.#detector.look({
      tMs,
      system: this.#system,
      load: this.#sampleLoad(),
      heardMs: this.#heardMs,
      process: isSilent && process !== null ? { rssBytes: 0, openFiles: 0, ...process } : null,
    });
  }

  #sampleSystem(): SystemSample {
    const { tMs, queues, waits } = this.scene;
    const boundaries: SystemSample['boundaries'] = {};
    for (const [name, queue] of Object.entries(queues) as [BoundaryName, QueueState][]) {
      const { queued, inFlight, waiters, delivered, dropped } = queue;
      boundaries[name] = {
        ledger: closeLedger({
          ...createEmptyLedger(),
          offered: queued + inFlight + waiters + delivered + dropped,
          delivered,
          dropped: dropped === 0 ? {} : { 'overflow.drop-oldest': dropped },
          queued,
          inFlight,
          blocked: waiters,
        }),
        classes: {},
        depthItems: queued,
        depthMaxItems: queued,
        bytes: 0,
        waiters,
        blockedMs: 0,
      };
    }
    const told = waits
      .map(
        ({ sinceMs, what, ...wait }): WaitSample => ({ what: what ?? 'room', ...wait, ageMs: tMs - sinceMs }),
      )
      .filter(({ ageMs }) => ageMs >= 250)
      .sort((a, b) => b.ageMs - a.ageMs);
    const path = { open: 0, admitted: 0, rejected: 0 };
    return {
      tMs,
      boundaries,
      published: 0,
      connections: { sse: path, ws: path, proxy: path },
      proxied: { started: 0, finished: 0, failed: 0 },
      lifecycle: { complete: 0, summaryOnly: 0, unseen: 0, pendingForever: 0 },
      waits: told,
      tasks: { open: 0, byKind: {}, maxPerConnection: 0 },
      memory: { rssBytes: 0, heapUsedBytes: 0, externalBytes: 0, accountedBytes: 0, socketBytes: 0 },
      loop: { delayP99Ms: 0, delayMaxMs: 0, utilization: 0 },
      backpressureEvents: 0,
    };
  }

  #sampleLoad(): LoadSample {
    const { tMs, phase, publish, groups } = this.scene;
    const sampled = Object.entries(groups).map(([name, { open, due, pending, received }]) => {
      const sample: GroupSample = {
        open,
        attempted: open,
        admitted: open,
        rejected: 0,
        failed: 0,
        due,
        received,
        failures: {},
        pending,
        inTime: received,
        gaps: 0,
        duplicates: 0,
        reordered: 0,
      };
      return [name, sample] as const;
    });
    return {
      tMs,
      phase,
      groups: Object.fromEntries(sampled),
      publish: { ...publish, sent: publish.due, failures: {} },
      latenessP99Ms: 0,
      latenessMaxMs: 0,
      calmLatenessP99Ms: null,
      loop: { delayP99Ms: 0, delayMaxMs: 0, utilization: 0 },
    };
  }
}
