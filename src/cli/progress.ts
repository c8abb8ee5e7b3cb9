/** Live progress on stderr: a block that redraws itself on a terminal, one line every ten seconds elsewhere. */
import type { RunObserver } from '../conductor/run-scenario.ts';
import type { StrategyChoice } from '../conductor/strategies.ts';
import { LATENESS_DOUBT_MS } from '../conductor/validity.ts';
import { BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { planDurationMs, type ScenarioPlan } from '../core/plan.ts';
import type { LoadSample, SystemSample } from '../core/samples.ts';
import { type ProgressState, renderLiveBlock, renderPlainLine } from '../report/progress.ts';
import { requestGroupsOf, type TimelineRow, toTimelineRow } from '../report/timeline-row.ts';
import { LiveBlock } from './live-block.ts';
import { writeErr } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';

const REDRAW_INTERVAL_MS = 250;
const LINE_INTERVAL_MS = 10_000;
/** Rates are taken over about this many rows: one second. */
const RATE_ROWS = 10;
/** Of the depth of queues: half a minute. */
const DEPTH_ROWS = 300;

/** `tui` redraws, `plain` writes lines, `auto` decides by the terminal, `none` says nothing. */
export const UI_CHOICES = ['auto', 'tui', 'plain', 'none'] as const;
export type UiChoice = (typeof UI_CHOICES)[number];

export interface Progress extends RunObserver {
  /** Leaves the screen as it was found. */
  end(): void;
}

export interface ProgressOptions {
  readonly ui?: UiChoice;
  /** Which run of an experiment it is: `block 3 of 10 · run 2 of 2`. */
  readonly place?: string;
  /** From the start of this run to the end of the experiment. */
  readonly leftMs?: number | null;
}

/** A block needs a terminal that can move its cursor and that a person looks at. */
export function decideUi(
  choice: UiChoice,
  isTty: boolean,
  env: NodeJS.ProcessEnv = process.env,
): Exclude<UiChoice, 'auto'> {
  if (choice === 'none' || choice === 'plain') return choice;
  if (!isTty || env['TERM'] === 'dumb') return 'plain';
  const isCi = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return choice === 'auto' && isCi ? 'plain' : 'tui';
}

export function startProgress(
  plan: ScenarioPlan,
  choice: StrategyChoice,
  isWanted: boolean,
  color: ColorChoice,
  options: ProgressOptions = {},
): Progress {
  const ui = isWanted ? decideUi(options.ui ?? 'auto', process.stderr.isTTY === true) : 'none';
  if (ui === 'none') return { end() {} };
  const readings = new Readings(plan, choice, options);
  if (ui === 'plain') {
    const timer = setInterval(() => writeErr(`${renderPlainLine(readings.state())}\n`), LINE_INTERVAL_MS);
    const place = options.place === undefined ? '' : `${options.place} · `;
    return readings.observe({
      onStarted: () => writeErr(`${plan.name} · ${place}${choice.name} · seed ${plan.seed}: playing\n`),
      end: () => clearInterval(timer),
    });
  }
  const block = new LiveBlock();
  const draw = (): void => block.draw(renderLiveBlock(readings.state(), lookOf(process.stderr, color)));
  const timer = setInterval(draw, REDRAW_INTERVAL_MS);
  process.stderr.on('resize', draw);
  return readings.observe({
    onStarted: draw,
    end() {
      clearInterval(timer);
      process.stderr.off('resize', draw);
      block[Symbol.dispose]();
    },
  });
}

/** What has been heard of the run so far, as the views want it. */
class Readings {
  readonly #plan: ScenarioPlan;
  readonly #options: ProgressOptions;
  readonly #requestGroups: ReadonlySet<string>;
  readonly #fixed: Pick<
    ProgressState,
    'scenario' | 'strategy' | 'phases' | 'totalMs' | 'boundItems' | 'place'
  >;
  readonly #rows: TimelineRow[] = [];
  #latency: { endMs: number; group: string; p50Ms: number; p99Ms: number }[] = [];
  #phase: ProgressState['phase'] = null;
  #startedMs: number | undefined;
  #system: SystemSample | null = null;
  #load: LoadSample | null = null;

  constructor(plan: ScenarioPlan, choice: StrategyChoice, options: ProgressOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#requestGroups = requestGroupsOf(plan);
    this.#fixed = {
      scenario: plan.name,
      strategy: choice.name,
      phases: plan.phases,
      totalMs: planDurationMs(plan),
      boundItems: boundsOf(choice),
      place: options.place ?? null,
    };
  }

  observe({ onStarted, end }: { onStarted(): void; end(): void }): Progress {
    return {
      onStarted,
      end,
      onPhase: (name, index, startedMs) => {
        this.#phase = { name, index };
        this.#startedMs ??= startedMs;
      },
      onSample: (system, load) => this.#onSample(system, load),
      onInterval: ({ endMs, histograms }) => {
        const received = histograms.filter(({ kind, count }) => kind === 'response' && count > 0);
        this.#latency.push(...received.map(({ group, p50Ms, p99Ms }) => ({ endMs, group, p50Ms, p99Ms })));
        this.#latency = this.#latency.filter((one) => one.endMs > endMs - 1000);
      },
    };
  }

  state(): ProgressState {
    const now = this.#rows.at(-1) ?? null;
    const started = this.#startedMs;
    const elapsedMs = started === undefined ? 0 : Math.max(0, (now?.tMs ?? started) - started);
    const { leftMs = null } = this.#options;
    return {
      ...this.#fixed,
      leftMs: leftMs === null ? null : Math.max(0, leftMs - elapsedMs),
      phase: this.#phase,
      elapsedMs: Math.min(elapsedMs, this.#fixed.totalMs),
      now,
      before: this.#rows.at(-RATE_ROWS) ?? this.#rows[0] ?? null,
      depths: this.#rows,
      lastSecond: this.#lastSecond(),
      loopDelayMs: this.#system?.loop.delayP99Ms ?? null,
      slip: { p99Ms: this.#load?.calmLatenessP99Ms ?? null, limitMs: LATENESS_DOUBT_MS },
    };
  }

  #onSample(system: SystemSample | null, load: LoadSample): void {
    this.#system = system;
    this.#load = load;
    this.#rows.push(toTimelineRow({ system, load, requestGroups: this.#requestGroups }));
    if (this.#rows.length > DEPTH_ROWS) this.#rows.shift();
    if (load.phase === null && this.#rows.length > 1 && this.#startedMs !== undefined) this.#phase = null;
  }

  #lastSecond(): ProgressState['lastSecond'] {
    return this.#plan.clients.flatMap(({ name: group }) => {
      const own = this.#latency.filter((one) => one.group === group);
      const middle = own.map(({ p50Ms }) => p50Ms).sort((a, b) => a - b)[Math.floor((own.length - 1) / 2)];
      if (middle === undefined) return [];
      return [{ group, p50Ms: middle, p99Ms: Math.max(...own.map(({ p99Ms }) => p99Ms)) }];
    });
  }
}

function boundsOf({ byBoundary }: StrategyChoice): Partial<Record<BoundaryName, number | null>> {
  const bounds: Partial<Record<BoundaryName, number | null>> = {};
  for (const name of BOUNDARY_NAMES) {
    const capacity = byBoundary[name].stages[0]?.params['capacityItems'];
    bounds[name] = typeof capacity === 'number' ? capacity : null;
  }
  return bounds;
}
