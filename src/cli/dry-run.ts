/** `--dry-run`: what would be played, and what it would cost, before anything is sent. */

import type { ExternalTarget } from '../conductor/endpoints.ts';
import { countOpenFilesNeeded } from '../conductor/preflight.ts';
import type { StrategyChoice } from '../conductor/strategies.ts';
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import {
  type Arrivals,
  type Phase,
  planDurationMs,
  planMaxConnections,
  type ScenarioPlan,
} from '../core/plan.ts';
import { formatBytes, formatCount, formatDurationMs, formatRate } from '../core/units.ts';
import { wrap } from '../report/text.ts';
import { readOpenFilesLimit } from '../targets/process-probe.ts';

export function renderDryRun(
  plan: ScenarioPlan,
  choices: readonly StrategyChoice[],
  target: ExternalTarget | null,
  width: number,
  repeats = 1,
): string {
  const limit = readOpenFilesLimit();
  const runs = choices.length * repeats;
  const copies = plan.phases.reduce((sum, phase) => sum + countCopies(plan, phase), 0);
  const bytes = plan.phases.reduce((sum, phase) => sum + countCopies(plan, phase) * phase.eventBytes, 0);
  const lines = [
    `${plan.name} · seed ${plan.seed} · dry run: nothing is sent`,
    ...wrap(plan.description, width, '  '),
    '',
    'phases',
    ...plan.phases.map((phase) => `  ${phase.name.padEnd(14)}${describePhase(phase)}`),
    '',
    'clients',
    ...plan.clients.map((group) => {
      const pace =
        group.readBytesPerSec === null
          ? 'reads at full speed'
          : `reads ${formatBytes(group.readBytesPerSec)}/s`;
      const requests = group.arrivals === null ? '' : `, ${describeArrivals(group.arrivals)}`;
      return `  ${group.name.padEnd(14)}${group.path} over ${group.via}, ${pace}${requests}`;
    }),
    '',
    'strategies',
    ...choices.flatMap((choice) =>
      wrap(
        `${choice.name}: ${BOUNDARY_NAMES.map((name) => `${name} ${choice.byBoundary[name].text}`).join(' · ')}`,
        width,
        '  ',
        '    ',
      ),
    ),
    '',
    'price',
    `  ${runs} run${runs === 1 ? '' : 's'} of ${formatDurationMs(planDurationMs(plan))} plus at most ${formatDurationMs(plan.graceMs)} to drain each`,
    `  ${formatCount(planMaxConnections(plan))} connections, ${formatCount(countOpenFilesNeeded(plan))} open files per process (allowed: ${limit ?? 'unknown'})`,
    `  about ${formatCount(copies)} event copies, ${formatBytes(bytes)}, per run`,
    `  target: ${target === null ? 'the embedded system on loopback' : Object.values(target.urls).join(', ')}`,
    '',
    'checks',
    ...plan.checks.map((check) => `  ${check.failIf ? 'fails if ' : ''}${check.expression}`),
  ];
  return `${lines.join('\n')}\n`;
}

function describePhase(phase: Phase): string {
  const total = Object.values(phase.connections).reduce((sum, count) => sum + count, 0);
  const publish =
    phase.publish === null
      ? 'nothing published'
      : `publish ${describeArrivals(phase.publish)} of ${formatBytes(phase.eventBytes)}`;
  return `${formatDurationMs(phase.durationMs)}, ${formatCount(total)} connections (${phase.arrive}), ${publish}${phase.measured ? '' : ', not measured'}`;
}

function describeArrivals(arrivals: Arrivals): string {
  if (arrivals.model === 'burst') {
    return `${arrivals.count} at once${arrivals.everyMs === null ? '' : ` every ${formatDurationMs(arrivals.everyMs)}`}`;
  }
  const { fromPerSec, toPerSec } = arrivals;
  return `${formatRate(fromPerSec)}${toPerSec === fromPerSec ? '' : ` to ${formatRate(toPerSec)}`} ${arrivals.model}`;
}

/** Events of a phase times the subscribers that get them. */
function countCopies(plan: ScenarioPlan, phase: Phase): number {
  if (phase.publish === null) return 0;
  const subscribers = plan.clients
    .filter((group) => group.path !== 'proxy')
    .reduce((sum, group) => sum + (phase.connections[group.name] ?? 0), 0);
  return Math.round(countArrivals(phase.publish, phase.durationMs) * subscribers);
}

function countArrivals(arrivals: Arrivals, durationMs: number): number {
  if (arrivals.model !== 'burst')
    return ((arrivals.fromPerSec + arrivals.toPerSec) / 2) * (durationMs / 1000);
  const times = arrivals.everyMs === null ? 1 : Math.ceil(durationMs / arrivals.everyMs);
  return arrivals.count * times;
}
