import { NS_PER_MS } from '../../core/clock.ts';
import type { Admission, AdmissionDefinition, EntryView, ItemEnd, LoadView } from './admission.ts';
import { OutcomeWindow } from './outcome-window.ts';

type State = 'closed' | 'open' | 'half-open';

const LEVELS: Record<State, number> = { closed: 0, 'half-open': 1, open: 2 };

interface BreakerSettings {
  readonly windowCount: number;
  readonly failureShare: number;
  readonly slowMs: number;
  readonly slowShare: number;
  readonly openMs: number;
  readonly probeCount: number;
}

/**
 *   closed ── a full window with too many bad ends ──▶ open ── openMs later, the next offer ──▶ half-open
 *     ▲                                                  ▲                                        │
 *     └────────────── all probes ended, few bad ─────────┴──── all probes ended, too many bad ────┘
 *
 * Ends of items from an earlier state count for nothing: they say how things were.
 */
class Breaker implements Admission {
  private readonly settings: BreakerSettings;
  private readonly slowNs: number;
  private readonly recent: OutcomeWindow;
  private readonly probes: OutcomeWindow;
  private state: State = 'closed';
  private opensAgainNs = 0;
  private probesUnderWay = 0;
  /** Offers after this one belong to the present state. */
  private stateSeq = 0;
  private latestNs = 0;
  private newestSeq = 0;

  constructor(settings: BreakerSettings) {
    this.settings = settings;
    this.slowNs = settings.slowMs * NS_PER_MS;
    this.recent = new OutcomeWindow(settings.windowCount);
    this.probes = new OutcomeWindow(settings.probeCount);
  }

  get level(): number {
    return LEVELS[this.state];
  }

  admit(entry: EntryView, _load: LoadView, nowNs: number): string | undefined {
    this.latestNs = Math.max(this.latestNs, nowNs);
    if (this.state === 'open' && this.latestNs >= this.opensAgainNs) this.enter('half-open');
    this.newestSeq = entry.seq;
    if (this.state === 'open') return 'admission.breaker';
    if (this.state === 'half-open') {
      if (this.probesUnderWay + this.probes.count >= this.settings.probeCount) return 'admission.breaker';
      this.probesUnderWay++;
    }
    return undefined;
  }

  /** It was no probe after all: another item may be. */
  onWithdraw(): void {
    if (this.state === 'half-open') this.probesUnderWay--;
  }

  onEnd(entry: EntryView, end: ItemEnd, rttNs: number, _load: LoadView, nowNs: number): void {
    this.latestNs = Math.max(this.latestNs, nowNs);
    if (this.state === 'open' || entry.seq <= this.stateSeq) return;
    const window = this.state === 'closed' ? this.recent : this.probes;
    if (this.state === 'half-open') this.probesUnderWay--;
    if (end === 'coalesced') return;
    window.add(end !== 'delivered', rttNs > this.slowNs);
    if (!window.isFull) return;
    const { failureShare, slowShare } = this.settings;
    const isBad = window.failedShare >= failureShare || window.slowShare >= slowShare;
    if (isBad) this.enter('open');
    else if (this.state === 'half-open') this.enter('closed');
  }

  retryAfterNs(nowNs: number): number {
    return this.state === 'open' ? Math.max(0, this.opensAgainNs - Math.max(this.latestNs, nowNs)) : 0;
  }

  private enter(state: State): void {
    this.state = state;
    this.stateSeq = this.newestSeq;
    this.recent.clear();
    this.probes.clear();
    this.probesUnderWay = 0;
    if (state === 'open') this.opensAgainNs = this.latestNs + this.settings.openMs * NS_PER_MS;
  }
}

/**
 * Stops all offers when too many go wrong, and tries a few again after a while.
 *
 * Details: the rule and the defaults are those of resilience4j. Failed and dropped items are failures;
 *   coalesced ones are neither good nor bad.
 */
export default {
  name: 'breaker',
  stage: 'admission',
  summary: 'refuse everything for a while once too many items fail or are too slow',
  reasons: ['admission.breaker'],
  effects: { drops: true },
  params: [
    {
      key: 'window',
      name: 'windowCount',
      unit: 'count',
      min: 1,
      max: 1_000_000,
      default: 100,
      summary: 'ended items that it judges by; fewer are not judged',
    },
    {
      key: 'failures',
      name: 'failureShare',
      unit: 'share',
      min: 0.001,
      max: 1,
      default: 0.5,
      summary: 'opens at this share of failed and dropped items',
    },
    {
      key: 'slowerThan',
      name: 'slowMs',
      unit: 'ms',
      min: 0.001,
      default: 60_000,
      summary: 'an item that takes longer, from offer to end, is slow',
    },
    {
      key: 'slow',
      name: 'slowShare',
      unit: 'share',
      min: 0.001,
      max: 1,
      default: 1,
      summary: 'opens at this share of slow items',
    },
    {
      key: 'open',
      name: 'openMs',
      unit: 'ms',
      min: 0.001,
      default: 60_000,
      summary: 'time for which it stays open',
    },
    {
      key: 'probes',
      name: 'probeCount',
      unit: 'count',
      min: 1,
      max: 1_000_000,
      default: 10,
      summary: 'items admitted to find out whether it may close',
    },
  ],
  create: (params) =>
    new Breaker({
      windowCount: Number(params['windowCount']),
      failureShare: Number(params['failureShare']),
      slowMs: Number(params['slowMs']),
      slowShare: Number(params['slowShare']),
      openMs: Number(params['openMs']),
      probeCount: Number(params['probeCount']),
    }),
  details: {
    rule: 'Closed: of the last window ended items, at least failures failed (or were dropped), or at least slow took longer than slowerThan ⇒ open. Open: everything is refused as admission.breaker for the time open. Half-open: at most probes items are admitted; once all have ended, it opens again or closes by the same shares.',
    guarantees: [
      'order: as without it',
      'loss: arriving items alone; open admits none, half-open at most probes',
    ],
    prediction:
      'in a total outage the consumer gets probes/(open + time that the probes take) items per second',
    bestFor: 'consumers that fail as a whole and recover as a whole',
    alsoCalled: [
      { name: 'CircuitBreaker', where: 'resilience4j, Hystrix, Polly' },
      { name: 'outlier detection', where: 'Envoy, per host' },
    ],
    namingTrap: 'What Envoy calls circuit breakers are fixed limits: concurrency-static here.',
    gotchas: [
      'Drops of a full queue are failures too: mere overload opens it, and then nobody is served.',
      'Half-open lasts until its probes have ended: a consumer that never finishes one keeps it so for ever.',
      'An offer that its own producer cancels counts as a failure.',
      'Fewer ended items than window are never judged: a quiet queue opens late or not at all.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
