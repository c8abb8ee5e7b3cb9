/**
 * Whether a run may be believed, judged before its results. `invalid` is for what falsifies a result:
 * a ledger that does not close, a missed schedule, a starved generator. Noise is a named `doubt`.
 */
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import { type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { ValidityCheck, ValidityStatus } from '../core/record.ts';
import { formatDurationMs, formatShare } from '../core/units.ts';
import type { Collector } from './collector.ts';

export interface ValidityInput {
  readonly collector: Collector;
  readonly durationMs: number;
  readonly endToEnd: Readonly<Record<string, LedgerSnapshot>>;
  /** Whether a system of ours was there to keep ledgers. */
  readonly isEmbedded: boolean;
  /** Whether a stall was found: that nothing comes through is then what the run shows. */
  readonly hasStalled: boolean;
}

/** Lateness p99 of the generator outside bursts. */
export const LATENESS_DOUBT_MS = 5;
const LATENESS_INVALID_MS = 50;
/** Share of due work that was really sent. */
const ACHIEVED_DOUBT = 0.995;
const ACHIEVED_INVALID = 0.98;
/** CPU of the load worker, cores; it has one thread. */
const LOAD_CPU_DOUBT = 0.8;
const LOAD_CPU_INVALID = 0.97;
const FOREIGN_CPU_DOUBT = 0.1;
const STEAL_DOUBT = 0.01;

export function judgeValidity(input: ValidityInput): { status: ValidityStatus; checks: ValidityCheck[] } {
  const checks = [...judgeLedgers(input), ...judgeGenerator(input), ...judgeHost(input)];
  const status = checks.some((check) => check.status === 'invalid')
    ? 'invalid'
    : checks.some((check) => check.status === 'doubt')
      ? 'doubt'
      : 'valid';
  return { status, checks };
}

function judgeLedgers({ collector, endToEnd, isEmbedded }: ValidityInput): ValidityCheck[] {
  const checks: ValidityCheck[] = [];
  if (isEmbedded) {
    for (const name of BOUNDARY_NAMES) {
      const worst = collector.worstUnaccounted[name];
      if (worst === undefined) continue; // nothing ever stood there
      checks.push(
        mustBeZero(
          `ledger ${name}`,
          worst,
          'copies',
          `${worst} copies are in no column of the ledger of ${name}`,
        ),
      );
    }
  }
  for (const [path, ledger] of Object.entries(endToEnd)) {
    const { unaccounted } = ledger;
    checks.push(
      mustBeZero(
        `ledger end to end ${path}`,
        unaccounted,
        'copies',
        `${unaccounted} of ${ledger.offered} on ${path} are unaccounted for`,
      ),
    );
  }
  const proxy = endToEnd['proxy'];
  if (isEmbedded && proxy !== undefined && collector.system !== null) {
    checks.push(judgeProxied(proxy, collector.system.proxied.finished));
  }
  const { disagreements } = collector.reconciler;
  const first = disagreements[0];
  checks.push(
    mustBeZero(
      'harness and system agree',
      disagreements.length,
      'connections',
      first === undefined ? '' : `${first.group}, client ${first.clientId}: ${first.text}`,
    ),
  );
  return checks;
}

/**
 * The proxy must have finished every request that was answered, and none beyond those that the harness
 * saw fail (the answer of such a one may have been lost on its way).
 */
function judgeProxied(proxy: LedgerSnapshot, finished: number): ValidityCheck {
  const beyond = Math.max(
    0,
    proxy.delivered - finished,
    finished - proxy.delivered - sumReasons(proxy.failed),
  );
  return mustBeZero(
    'harness and proxy agree',
    beyond,
    'requests',
    `the proxy finished ${finished} requests, the harness got ${proxy.delivered} answers`,
  );
}

function judgeGenerator({ collector, durationMs, endToEnd, hasStalled }: ValidityInput): ValidityCheck[] {
  const checks: ValidityCheck[] = [];
  const lateness = collector.load?.calmLatenessP99Ms ?? null;
  checks.push(
    graded(
      'generator slip p99 outside bursts',
      lateness,
      LATENESS_DOUBT_MS,
      LATENESS_INVALID_MS,
      'ms',
      (ms) =>
        `arrivals were taken up ${formatDurationMs(ms)} late (p99): the load worker did not keep its plan`,
    ),
  );
  const { load } = collector;
  if (load !== null && load.publish.due > 0) {
    checks.push(achieved('events sent of those due', load.publish.sent / load.publish.due));
  }
  const received = Object.values(endToEnd).reduce((sum, ledger) => sum + ledger.delivered, 0);
  checks.push({
    name: 'anything delivered',
    actual: received,
    limit: 1,
    unit: 'copies',
    status: received > 0 || hasStalled ? 'ok' : 'invalid',
    detail: received > 0 || hasStalled ? null : 'nothing at all was delivered: there is no data to judge',
  });
  const { first, last } = collector.cpu.load;
  const cores = first === null || last === null ? null : (last.cpuMs - first.cpuMs) / durationMs;
  checks.push(
    graded(
      'load worker CPU',
      cores,
      LOAD_CPU_DOUBT,
      LOAD_CPU_INVALID,
      'cores',
      (used) => `the load worker used ${formatShare(used)} of its core: the generator is the bottleneck`,
    ),
  );
  return checks;
}

function judgeHost({ collector, durationMs }: ValidityInput): ValidityCheck[] {
  const { host, load, system, origin, conductorMs } = collector.cpu;
  if (host.first === null || host.last === null) {
    return [
      {
        name: 'foreign CPU',
        actual: null,
        limit: FOREIGN_CPU_DOUBT,
        unit: 'cores',
        status: 'unknown',
        detail: 'not readable on this host',
      },
    ];
  }
  const ours = conductorMs + used(load) + used(system) + used(origin);
  const foreign = Math.max(0, (host.last.busyMs - host.first.busyMs - ours) / durationMs);
  const steal = (host.last.stealMs - host.first.stealMs) / durationMs;
  return [
    graded(
      'foreign CPU',
      foreign,
      FOREIGN_CPU_DOUBT,
      Number.POSITIVE_INFINITY,
      'cores',
      (cores) => `other programs used ${cores.toFixed(2)} cores of this host meanwhile`,
    ),
    graded(
      'stolen CPU',
      steal,
      STEAL_DOUBT,
      Number.POSITIVE_INFINITY,
      'cores',
      (cores) => `the host took ${cores.toFixed(2)} cores away (steal)`,
    ),
  ];
}

function used({ first, last }: { first: { cpuMs: number } | null; last: { cpuMs: number } | null }): number {
  return first === null || last === null ? 0 : last.cpuMs - first.cpuMs;
}

function mustBeZero(name: string, actual: number, unit: string, detail: string): ValidityCheck {
  const isZero = actual === 0;
  return { name, actual, limit: 0, unit, status: isZero ? 'ok' : 'invalid', detail: isZero ? null : detail };
}

function achieved(name: string, share: number): ValidityCheck {
  const status = share < ACHIEVED_INVALID ? 'invalid' : share < ACHIEVED_DOUBT ? 'doubt' : 'ok';
  const detail = status === 'ok' ? null : `only ${formatShare(share)} of the plan was sent`;
  return { name, actual: share, limit: ACHIEVED_DOUBT, unit: 'ratio', status, detail };
}

function graded(
  name: string,
  actual: number | null,
  doubtAbove: number,
  invalidAbove: number,
  unit: string,
  explain: (actual: number) => string,
): ValidityCheck {
  if (actual === null)
    return { name, actual, limit: doubtAbove, unit, status: 'unknown', detail: 'no reading' };
  const status = actual > invalidAbove ? 'invalid' : actual > doubtAbove ? 'doubt' : 'ok';
  return { name, actual, limit: doubtAbove, unit, status, detail: status === 'ok' ? null : explain(actual) };
}
