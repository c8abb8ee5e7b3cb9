import { NS_PER_SEC } from '../../core/clock.ts';
import type { Admission, AdmissionDefinition } from './admission.ts';

/**
 * Tokens are never added up: what has been spent since the bucket was last full is compared with what has
 * come in since then, one multiplication for each question. So no rounding accumulates, however often and
 * at whatever times it is asked. Where the rate is a whole number, whole seconds are taken off both sides now
 * and then, and the numbers stay small for ever.
 */
export class TokenBucket implements Admission {
  private readonly ratePerSec: number;
  private readonly burstItems: number;
  private readonly isWhole: boolean;
  private fullAtNs = 0;
  private spent = 0;
  private latestNs = 0;

  constructor(ratePerSec: number, burstItems: number) {
    this.ratePerSec = ratePerSec;
    this.burstItems = burstItems;
    this.isWhole = Number.isInteger(ratePerSec);
  }

  admit(_entry: unknown, _load: unknown, nowNs: number): string | undefined {
    this.settle(nowNs);
    const incomeE9 = this.ratePerSec * (this.latestNs - this.fullAtNs);
    if ((this.spent + 1 - this.burstItems) * NS_PER_SEC > incomeE9) return 'admission.rate';
    this.spent++;
    return undefined;
  }

  onWithdraw(): void {
    this.spent--;
  }

  retryAfterNs(nowNs: number): number {
    this.settle(nowNs);
    const atNs =
      this.fullAtNs + Math.ceil(((this.spent + 1 - this.burstItems) * NS_PER_SEC) / this.ratePerSec);
    return Math.max(0, atNs - this.latestNs);
  }

  /** Tokens at the latest moment it was asked. */
  get level(): number {
    return this.burstItems - this.spent + (this.ratePerSec * (this.latestNs - this.fullAtNs)) / NS_PER_SEC;
  }

  /** A clock that goes back stands still here: nothing is earned twice. */
  private settle(nowNs: number): void {
    if (nowNs > this.latestNs) this.latestNs = nowNs;
    const elapsedNs = this.latestNs - this.fullAtNs;
    if (this.spent * NS_PER_SEC <= this.ratePerSec * elapsedNs) {
      this.fullAtNs = this.latestNs;
      this.spent = 0;
    } else if (this.isWhole && elapsedNs >= NS_PER_SEC) {
      const seconds = Math.floor(elapsedNs / NS_PER_SEC);
      this.fullAtNs += seconds * NS_PER_SEC;
      this.spent -= seconds * this.ratePerSec;
    }
  }
}

/**
 * Polices a rate: an item that finds no token is refused at once.
 *
 * Details: any window of τ seconds admits at most b + rτ items; under a lasting backlog the rate is exactly r.
 */
export default {
  name: 'token-bucket',
  stage: 'admission',
  summary: 'admit at most a rate, with bursts up to the size of the bucket',
  reasons: ['admission.rate'],
  effects: { drops: true },
  params: [
    {
      key: 'rate',
      name: 'ratePerSec',
      unit: 'perSec',
      min: 0.001,
      default: 100,
      summary: 'items admitted per second in the long run',
    },
    {
      key: 'burst',
      name: 'burstItems',
      unit: 'items',
      min: 1,
      default: 20,
      summary: 'tokens that the bucket holds: items admitted at once after a quiet time',
    },
  ],
  create: (params) => new TokenBucket(Number(params['ratePerSec']), Number(params['burstItems'])),
  details: {
    rule: 'The bucket gains rate tokens per second, up to burst, and starts full. An item takes one token; without one it is refused as admission.rate.',
    guarantees: [
      'order: as without it',
      'loss: arriving items alone; any window of t seconds admits at most burst + rate · t',
    ],
    prediction:
      'refused share = loss of an M/D/1/K queue with K = burst and ρ = λ/rate, for Poisson arrivals; 1 − rate/λ under lasting overload',
    bestFor: 'a fixed budget per queue: API quotas, noisy producers',
    alsoCalled: [
      { name: 'policing', where: 'networks, as opposed to shaping' },
      { name: 'limit_req', where: 'nginx, with nodelay' },
      { name: 'leaky bucket as a meter', where: 'ATM, GCRA' },
    ],
    namingTrap:
      'Leaky bucket means this one where it is a meter, and pace where it is a queue that lets items out at a rate.',
    gotchas: [
      'It does not look at the queue: a rate above what the consumer can do protects nothing.',
      'Each queue has a bucket of its own: a thousand queues admit a thousand times the rate.',
      'A bucket above the capacity of the queue lets in bursts that then overflow.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
