/** Live progress on stderr: a block that redraws itself on a terminal, one line every ten seconds elsewhere. */

import type { RunObserver } from '../conductor/run-scenario.ts';
import type { StrategyChoice } from '../conductor/strategies.ts';
import { BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { planDurationMs, type ScenarioPlan } from '../core/plan.ts';
import { type ProgressState, renderLiveBlock, renderPlainLine } from '../report/progress.ts';
import { requestGroupsOf, type TimelineRow, toTimelineRow } from '../report/timeline-row.ts';
import { writeErr } from './streams.ts';
import { type ColorChoice, lookOf } from './terminal.ts';

const REDRAW_INTERVAL_MS = 250;
const LINE_INTERVAL_MS = 10_000;
/** Rates are taken over about this many rows: one second. */
const RATE_ROWS = 10;

export interface Progress extends RunObserver {
  /** Leaves the screen as it was found. */
  end(): void;
}

export function startProgress(
  plan: ScenarioPlan,
  choice: StrategyChoice,
  isWanted: boolean,
  color: ColorChoice,
): Progress {
  if (!isWanted) return { end() {} };
  const isLive = process.stderr.isTTY === true && process.env['TERM'] !== 'dumb';
  const requestGroups = requestGroupsOf(plan);
  const totalMs = planDurationMs(plan);
  const rows: TimelineRow[] = [];
  let phase: ProgressState['phase'] = null;
  let startedMs: number | undefined;
  let drawnLines = 0;

  const state = (): ProgressState => ({
    scenario: plan.name,
    strategy: choice.name,
    phase,
    phaseCount: plan.phases.length,
    elapsedMs: startedMs === undefined ? 0 : Math.max(0, (rows.at(-1)?.tMs ?? startedMs) - startedMs),
    totalMs,
    now: rows.at(-1) ?? null,
    before: rows[0] ?? null,
    boundItems: boundsOf(choice),
  });
  const erase = (): void => {
    if (drawnLines > 0) writeErr(`\u001b[${drawnLines}A\u001b[J`);
    drawnLines = 0;
  };
  const draw = (): void => {
    const lines = renderLiveBlock(state(), lookOf(process.stderr, color));
    erase();
    writeErr(`${lines.join('\n')}\n`);
    drawnLines = lines.length;
  };
  const timer = isLive
    ? setInterval(draw, REDRAW_INTERVAL_MS)
    : setInterval(() => writeErr(`${renderPlainLine(state())}\n`), LINE_INTERVAL_MS);

  return {
    onStarted() {
      if (!isLive) writeErr(`${plan.name} · ${choice.name} · seed ${plan.seed}: playing\n`);
    },
    onPhase(name, index, phaseStartedMs) {
      phase = { name, index };
      startedMs ??= phaseStartedMs;
    },
    onSample(system, load) {
      rows.push(toTimelineRow({ system, load, requestGroups }));
      if (rows.length > RATE_ROWS) rows.shift();
      if (load.phase === null && rows.length > 1 && startedMs !== undefined) phase = null;
    },
    end() {
      clearInterval(timer);
      erase();
    },
  };
}

function boundsOf({ byBoundary }: StrategyChoice): Partial<Record<BoundaryName, number | null>> {
  const bounds: Partial<Record<BoundaryName, number | null>> = {};
  for (const name of BOUNDARY_NAMES) {
    const capacity = byBoundary[name].stages[0]?.params['capacityItems'];
    bounds[name] = typeof capacity === 'number' ? capacity : null;
  }
  return bounds;
}
