/**
 * What queueing theory says of slow readers for the run's own numbers, beside what was measured.
 * Only where it applies: one steady phase, long enough for the queue to fill, λ > μ.
 */

import type { LedgerSnapshot } from '../core/ledger.ts';
import type { ClientGroup, Phase, ScenarioPlan } from '../core/plan.ts';
import type { HiddenBuffer, Prediction } from '../core/record.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { encodeEvent } from '../core/wire.ts';
import type { ResponseInterval } from './latency-book.ts';

export interface PredictionInput {
  readonly plan: ScenarioPlan;
  /** Of the boundary that serves the group. */
  readonly strategyOf: (group: ClientGroup) => StrategySpec;
  readonly hiddenBuffers: readonly HiddenBuffer[];
  readonly intervals: readonly ResponseInterval[];
  readonly phaseStartsMs: readonly number[];
  readonly ledgerOf: (group: string) => LedgerSnapshot | undefined;
}

/** Framing of one event on the wire beside its data: `id: 12345\ndata: …\n\n`, or a WebSocket head. */
const FRAME_OVERHEAD_BYTES = { sse: 19, ws: 4, proxy: 0 } as const;
/**
 * How full a kernel's buffer is on average while its writer waits: Linux lets the writer of a Unix socket
 * go on only once at most a quarter is in use (unix_writable), so the level saws between 1/4 and 1.
 */
const MEAN_KERNEL_LEVEL = { unix: 5 / 8, tcp: 1 } as const;
/** Node writes one batch ahead of the kernel. */
const WRITE_AHEAD_BYTES = 16 * 1024;

export function predict(input: PredictionInput): Prediction[] {
  const regimes = findRegimes(input);
  return input.plan.clients.flatMap((group) =>
    regimes.flatMap((regime) => predictGroup(input, regime, regimes.length === 1, group)),
  );
}

/** Phases in a row that publish alike to the same clients: one steady state. */
interface Regime {
  readonly phase: Phase;
  readonly startMs: number;
  readonly endMs: number;
}

function findRegimes({ plan, phaseStartsMs }: PredictionInput): Regime[] {
  const regimes: Regime[] = [];
  plan.phases.forEach((phase, index) => {
    const startMs = phaseStartsMs[index];
    if (startMs === undefined || phase.publish === null) return;
    const endMs = startMs + phase.durationMs;
    const before = regimes.at(-1);
    if (before !== undefined && isSameLoad(before.phase, phase))
      regimes[regimes.length - 1] = { ...before, endMs };
    else regimes.push({ phase, startMs, endMs });
  });
  return regimes;
}

function isSameLoad(a: Phase, b: Phase): boolean {
  return (
    a.eventBytes === b.eventBytes &&
    JSON.stringify(a.publish) === JSON.stringify(b.publish) &&
    JSON.stringify(a.connections) === JSON.stringify(b.connections)
  );
}

function predictGroup(
  input: PredictionInput,
  regime: Regime,
  isOnly: boolean,
  group: ClientGroup,
): Prediction[] {
  const { phase, startMs, endMs } = regime;
  const { publish } = phase;
  const overflow = input.strategyOf(group).stages.find((stage) => stage.stage === 'overflow');
  if (group.readBytesPerSec === null || group.readBytesPerSec === 0 || group.path === 'proxy') return [];
  if (publish === null || publish.model === 'burst' || publish.fromPerSec !== publish.toPerSec) return [];
  if (overflow === undefined || (phase.connections[group.name] ?? 0) === 0) return [];

  const lambda = publish.fromPerSec;
  const frameBytes =
    encodeEvent({ seq: 1, intendedUs: 1, sentUs: 1 }, phase.eventBytes).length +
    FRAME_OVERHEAD_BYTES[group.path];
  const mu = group.readBytesPerSec / frameBytes;
  if (lambda <= mu) return [];
  const hidden = input.hiddenBuffers.find((buffer) => buffer.via === group.via)?.hiddenBytes ?? 0;
  const hiddenItems = (hidden + WRITE_AHEAD_BYTES) / frameBytes;
  const capacityBytes = Number(overflow.params['capacityBytes'] ?? 0);
  const byBytes = capacityBytes > 0 ? capacityBytes / (frameBytes + 64) : Number.POSITIVE_INFINITY;
  const capacity = Math.min(Number(overflow.params['capacityItems'] ?? Number.POSITIVE_INFINITY), byBytes);
  const kernelItems = (hidden / frameBytes) * MEAN_KERNEL_LEVEL[group.via];
  const hiddenMs = (kernelItems / mu) * 1000;
  const queueMs = waitInQueueMs(overflow.name, capacity, lambda, mu);
  const fillMs = ((capacity + hiddenItems) / (lambda - mu)) * 1000;
  const steadyFromMs = startMs + fillMs + (queueMs ?? 0) + hiddenMs;
  if (queueMs === null || steadyFromMs > endMs - (endMs - startMs) / 4) return [];

  const assumptions = `λ ${lambda.toFixed(0)}/s, μ ${mu.toFixed(1)}/s, B ${Math.floor(capacity)}, kernel ${Math.round(kernelItems)} events`;
  const predictions: Prediction[] = [
    {
      quantity: `age on arrival, ${group.name}`,
      formula: overflow.name === 'drop-oldest' ? 'B/λ + kernel/μ' : 'B/μ + kernel/μ',
      predicted: queueMs + hiddenMs,
      measured: medianBetween(input.intervals, group.name, steadyFromMs, endMs),
      unit: 'ms',
      assumptions,
    },
  ];
  if (isOnly) {
    const ledger = input.ledgerOf(group.name);
    // Until the buffers are full nothing is lost; what they hold at the end is late, not lost.
    const filling = Math.min(1, fillMs / (endMs - startMs));
    predictions.push({
      quantity: `loss, ${group.name}`,
      formula: '(1 − μ/λ)(1 − t_fill/t)',
      predicted: (1 - mu / lambda) * (1 - filling),
      measured: ledger === undefined || ledger.offered === 0 ? null : overflowShare(ledger),
      unit: 'ratio',
      assumptions,
    });
  }
  return predictions;
}

/** Time in the strategy's own queue once it is full (theory of one saturated server); `null` where no formula applies. */
function waitInQueueMs(policy: string, capacity: number, lambda: number, mu: number): number | null {
  if (policy === 'drop-oldest') return (capacity / lambda) * 1000;
  if (policy === 'drop-newest') return (capacity / mu) * 1000;
  return null;
}

function overflowShare(ledger: LedgerSnapshot): number {
  let dropped = 0;
  for (const reason in ledger.dropped)
    if (reason.startsWith('overflow.')) dropped += ledger.dropped[reason] as number;
  return dropped / ledger.offered;
}

/** Median over intervals of their medians, weighted by count. */
function medianBetween(
  intervals: readonly ResponseInterval[],
  group: string,
  fromMs: number,
  toMs: number,
): number | null {
  const inside = intervals
    .filter((one) => one.group === group && one.startMs >= fromMs && one.endMs <= toMs && one.count > 0)
    .sort((a, b) => a.p50Ms - b.p50Ms);
  const half = inside.reduce((sum, one) => sum + one.count, 0) / 2;
  let seen = 0;
  for (const one of inside) {
    seen += one.count;
    if (seen >= half) return one.p50Ms;
  }
  return null;
}
