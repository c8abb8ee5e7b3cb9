/**
 * What queueing theory says for the run's own numbers, beside what was measured. Only where it applies: a steady
 * phase, and either a slow reader (λ > μ) whose queue has had time to fill, or a shaper before one that keeps up.
 */

import type { LedgerSnapshot } from '../core/ledger.ts';
import type { ClientGroup, Phase, ScenarioPlan } from '../core/plan.ts';
import type { HiddenBuffer, Prediction } from '../core/record.ts';
import type { StrategySpec } from '../core/strategy.ts';
import { encodeEvent } from '../core/wire.ts';
import { fillSec } from '../theory/transients.ts';
import { coalescedShare, lostShare, maxBetween, medianBetween } from './group-readings.ts';
import type { ResponseInterval } from './latency-book.ts';
import { modelQueue, modelShaping, overflowOf, type QueueModel } from './queue-models.ts';

export interface PredictionInput {
  readonly plan: ScenarioPlan;
  /** Of the boundary that serves the group. */
  readonly strategyOf: (group: ClientGroup) => StrategySpec;
  readonly hiddenBuffers: readonly HiddenBuffer[];
  readonly intervals: readonly ResponseInterval[];
  readonly phaseStartsMs: readonly number[];
  readonly ledgerOf: (group: string) => LedgerSnapshot | undefined;
  /** Copies that had been offered at the boundary of the group, over all its queues, when the phases ended. */
  readonly offeredOf?: (group: ClientGroup) => number | null;
}

const MS_PER_SEC = 1000;
/** What a queue counts per item on top of its size. */
const ITEM_OVERHEAD_BYTES = 64;

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
  const { phase } = regime;
  const { publish } = phase;
  if (group.readBytesPerSec === 0 || group.path === 'proxy') return [];
  if (publish === null || publish.model === 'burst' || publish.fromPerSec !== publish.toPerSec) return [];
  if ((phase.connections[group.name] ?? 0) === 0) return [];
  const frameBytes =
    encodeEvent({ seq: 1, intendedUs: 1, sentUs: 1 }, phase.eventBytes).length +
    FRAME_OVERHEAD_BYTES[group.path];
  const lambda = publish.fromPerSec;
  const mu = group.readBytesPerSec === null ? Number.POSITIVE_INFINITY : group.readBytesPerSec / frameBytes;
  const flow: GroupFlow = { input, regime, isOnly, group, publish, frameBytes, lambda, mu };
  return lambda > mu ? predictSlow(flow) : lambda * KEEPS_UP < mu ? predictShaped(flow) : [];
}

/** A reader that much faster than its events has an empty queue nearly always. */
const KEEPS_UP = 2;

/** One group in one steady state. */
interface GroupFlow {
  readonly input: PredictionInput;
  readonly regime: Regime;
  readonly isOnly: boolean;
  readonly group: ClientGroup;
  readonly publish: Exclude<Phase['publish'], null>;
  readonly frameBytes: number;
  readonly lambda: number;
  readonly mu: number;
}

/** A group that cannot keep up: its queue is full once it has had time to fill. */
function predictSlow(flow: GroupFlow): Prediction[] {
  const { input, regime, isOnly, group, frameBytes, lambda, mu } = flow;
  const { startMs, endMs } = regime;
  const strategy = input.strategyOf(group);
  const room = roomOf(strategy, frameBytes);
  const model = modelQueue(strategy, {
    arrivalsPerSec: lambda,
    servicesPerSec: mu,
    room,
    events: input.plan.events,
  });
  if (model === undefined || !Number.isFinite(model.fillItems)) return [];

  const hidden = input.hiddenBuffers.find((buffer) => buffer.via === group.via)?.hiddenBytes ?? 0;
  const hiddenItems = (hidden + WRITE_AHEAD_BYTES) / frameBytes;
  const kernelItems = (hidden / frameBytes) * MEAN_KERNEL_LEVEL[group.via];
  const hiddenMs = (kernelItems / mu) * MS_PER_SEC;
  const fillMs = fillSec(lambda, mu, model.fillItems + hiddenItems) * MS_PER_SEC;
  const steadyFromMs = startMs + fillMs + (model.waitSec ?? model.waitLimitSec ?? 0) * MS_PER_SEC + hiddenMs;
  if (steadyFromMs > endMs - (endMs - startMs) / 4) return [];

  const assumptions = `λ ${lambda.toFixed(0)}/s, μ ${mu.toFixed(1)}/s, B ${Math.floor(room)}, kernel ${Math.round(kernelItems)} events`;
  const ledger = input.ledgerOf(group.name);
  // Until the buffers are full nothing is lost; what they hold at the end is late, not lost.
  const full = 1 - Math.min(1, fillMs / (endMs - startMs));
  const predictions: Prediction[] = [];
  if (model.waitSec !== null) {
    predictions.push({
      quantity: `age on arrival, ${group.name}`,
      formula: `${model.waitFormula} + kernel/μ`,
      predicted: model.waitSec * MS_PER_SEC + hiddenMs,
      measured: medianBetween(input.intervals, group.name, steadyFromMs, endMs),
      unit: 'ms',
      assumptions,
    });
  }
  if (model.waitLimitSec !== null) {
    predictions.push({
      quantity: `age on arrival at most, ${group.name}`,
      formula: 'ttl + (full kernel + 1)/μ',
      predicted: (model.waitLimitSec + (hiddenItems + 1) / mu) * MS_PER_SEC,
      measured: maxBetween(input.intervals, group.name, steadyFromMs, endMs),
      unit: 'ms',
      assumptions,
    });
  }
  if (isOnly) predictions.push(...predictSurplus(flow, model, full, ledger, assumptions));
  return predictions;
}

function predictSurplus(
  { input, regime, group, lambda }: GroupFlow,
  { surplus, surplusRatio }: QueueModel,
  full: number,
  ledger: LedgerSnapshot | undefined,
  assumptions: string,
): Prediction[] {
  const isMeasured = ledger !== undefined && ledger.offered > 0;
  if (surplus !== 'waits') {
    return [
      {
        quantity: `${surplus === 'lost' ? 'loss' : 'coalesced'}, ${group.name}`,
        formula: '(1 − μ/λ)(1 − t_fill/t)',
        predicted: surplusRatio * full,
        measured: isMeasured ? (surplus === 'lost' ? lostShare(ledger) : coalescedShare(ledger)) : null,
        unit: 'ratio',
        assumptions,
      },
    ];
  }
  const offered = input.offeredOf?.(group) ?? null;
  const sharing = input.plan.clients.filter((one) => one.path === group.path);
  const connections = sharing.reduce((sum, one) => sum + (regime.phase.connections[one.name] ?? 0), 0);
  const due = (lambda * connections * (regime.endMs - regime.startMs)) / MS_PER_SEC;
  // Of several slow groups the slowest holds all the others up.
  if (sharing.filter((one) => one.readBytesPerSec !== null).length > 1) return [];
  return [
    {
      quantity: `held upstream, ${group.name}`,
      formula: '(1 − μ/λ)(1 − t_fill/t)',
      predicted: surplusRatio * full,
      measured: offered === null ? null : 1 - offered / due,
      unit: 'ratio',
      assumptions,
    },
  ];
}

/** A group that keeps up: what it waits for is the shaper. */
function predictShaped({
  input,
  regime,
  isOnly,
  group,
  publish,
  frameBytes,
  lambda,
  mu,
}: GroupFlow): Prediction[] {
  const strategy = input.strategyOf(group);
  // A producer that waits for a slow reader is late for the others too.
  const isHeldUp = input.plan.clients.some((one) => one.path === group.path && one.readBytesPerSec !== null);
  if (isHeldUp && WAITING_POLICIES.includes(overflowOf(strategy)?.name ?? '')) return [];
  const isRandom = publish.model === 'poisson';
  const shaped = modelShaping(strategy, lambda, isRandom, frameBytes, input.plan.events);
  if (
    shaped === undefined ||
    regime.endMs - regime.startMs < MIN_SHAPED_DELAYS * shaped.delaySec * MS_PER_SEC
  )
    return [];
  const pace = Number.isFinite(mu) ? `${mu.toFixed(1)}/s` : 'unlimited';
  const assumptions = `λ ${lambda.toFixed(0)}/s, μ ${pace}, n ${input.plan.events.keys} keys`;
  const ledger = input.ledgerOf(group.name);
  const predictions: Prediction[] = [
    {
      quantity: `age on arrival, ${group.name}`,
      formula: shaped.delayFormula,
      predicted: shaped.delaySec * MS_PER_SEC,
      measured: medianBetween(input.intervals, group.name, regime.startMs, regime.endMs),
      unit: 'ms',
      assumptions,
    },
  ];
  if (isOnly && shaped.coalescedRatio !== null) {
    predictions.push({
      quantity: `coalesced, ${group.name}`,
      formula: shaped.coalescedFormula,
      predicted: shaped.coalescedRatio,
      measured: ledger === undefined || ledger.offered === 0 ? null : coalescedShare(ledger),
      unit: 'ratio',
      assumptions,
    });
  }
  return predictions;
}

/** Under these a full queue makes the producer wait. */
const WAITING_POLICIES: readonly string[] = ['block', 'timeout', 'spill'];
/** A shorter phase is all beginning and end. */
const MIN_SHAPED_DELAYS = 10;

/** Items that the strategy's queue holds, by the tighter of its bounds. */
function roomOf(strategy: StrategySpec, frameBytes: number): number {
  const params = overflowOf(strategy)?.params ?? {};
  const capacityBytes = Number(params['capacityBytes'] ?? 0);
  const byBytes =
    capacityBytes > 0 ? capacityBytes / (frameBytes + ITEM_OVERHEAD_BYTES) : Number.POSITIVE_INFINITY;
  return Math.min(Number(params['capacityItems'] ?? Number.POSITIVE_INFINITY), byBytes);
}
