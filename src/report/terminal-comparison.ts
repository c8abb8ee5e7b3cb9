/** A comparison as people read it on a terminal: verdict and doubt before any number, the next command last. */
import { countOf } from '../comparison/counts.ts';
import type { Arm, ComparisonRecord, ComparisonStatus } from '../core/comparison.ts';
import { formatCount, formatDurationMs } from '../core/units.ts';
import { createPaint, finish, type Look, type Paint, usableWidth } from './look.ts';
import type { ComparisonReport } from './report.ts';
import {
  bullet,
  HANG,
  INDENT,
  joinSections,
  renderAgain,
  renderFiles,
  renderFindings,
  renderStatus,
} from './terminal-parts.ts';
import { regressionSections } from './terminal-regression.ts';
import { sideBySideSections } from './terminal-side-by-side.ts';
import { paretoSection, renderNeeds } from './terminal-trade-offs.ts';
import { renderValues, versusSections } from './terminal-versus.ts';
import { plainText, wrap } from './text.ts';

/** Rejected runs that are told one by one. */
const MAX_REJECTED = 5;

/**
 * Verdict, validity with the rejected runs, expectations and needs, the results (regression: a line with its interval
 * for each metric; versus: a matrix against the reference; single runs: their table), the Pareto front, findings,
 * files, and the command that repeats it. Pure; ends with a line break. Width and texts as in `renderSummary`.
 */
export function renderComparison({ record, runs, folder }: ComparisonReport, options: Look): string {
  const width = usableWidth(options);
  const paint = createPaint(options.color);
  const isSingle = record.design.type === 'single';
  const records = runs.map((run) => run.record);
  const tables = isSingle
    ? records.length < record.runs.length || records.length === 0
      ? [renderValues(record, width, paint)]
      : sideBySideSections(records, width, paint)
    : record.mode === 'regression'
      ? regressionSections(record, width, paint, options.unicode)
      : versusSections(record, width, paint);
  return finish(
    joinSections([
      [...renderHeading(record, width, paint), ...renderVerdict(record, width, paint)],
      [
        ...record.expectations.flatMap(({ expression, status, detail }) =>
          renderStatus(status, plainText(`${expression}: ${detail}`), width, paint),
        ),
        ...renderNeeds(record, width, paint),
      ],
      ...tables,
      paretoSection(record, width, paint),
      [...renderFindings(record.findings, width, paint), ...(isSingle ? bullet(HOW_TO_PROVE, width) : [])],
      [...renderFiles(record.files, folder, width, paint), ...renderAgain(record.command, width)],
    ]),
    options,
  );
}

const HOW_TO_PROVE =
  'One run of each proves nothing (unreplicated): add --repeat 10 for blocks that tell a difference from noise.';

function renderHeading(record: ComparisonRecord, width: number, paint: Paint): string[] {
  const name = (arm: Arm): string => {
    const commit = record.mode === 'regression' ? (arm.version.gitCommit ?? '').slice(0, 7) : '';
    return plainText(`${arm.name}${commit === '' ? '' : ` ${commit}`}`);
  };
  const isReference = (arm: Arm): boolean => arm.name === record.reference;
  const list = (arms: readonly Arm[]): string => arms.map(name).join(', ');
  const words = [
    plainText(record.plan.scenario.name),
    record.design.type === 'single'
      ? list(record.arms)
      : `${list(record.arms.filter((arm) => !isReference(arm)))} against ${list(record.arms.filter(isReference))}`,
    `seed ${record.seed}`,
  ];
  return wrap(words.join(' · '), width).map(paint.bold);
}

const STATUS: Record<ComparisonStatus, { mark: string; word: string; hue: 'green' | 'red' | 'yellow' }> = {
  pass: { mark: '✓', word: 'PASS', hue: 'green' },
  fail: { mark: '✗', word: 'FAIL', hue: 'red' },
  invalid: { mark: '✗', word: 'INVALID', hue: 'red' },
  stalled: { mark: '✗', word: 'STALLED', hue: 'red' },
  inconclusive: { mark: '?', word: 'INCONCLUSIVE', hue: 'yellow' },
};

function renderVerdict(record: ComparisonRecord, width: number, paint: Paint): string[] {
  const { mark, word, hue } = STATUS[record.verdict.status];
  const unreplicated = record.design.type === 'single' ? ', unreplicated' : '';
  const said = `${mark} ${word}`;
  const text = `${countVerdicts(record)}(exit ${record.exitCode}${unreplicated})`;
  const interruption = record.partial
    ? wrap(
        `! PARTIAL: ${record.interruptedBy === null ? 'broke off' : `stopped by ${plainText(record.interruptedBy)}`} after ${formatDurationMs(record.durationMs)}; ${formatCount(record.design.blocks)} of ${formatCount(record.design.blocksPlanned)} blocks are there`,
        width,
        '',
        INDENT,
      ).map(paint.yellow)
    : [];
  return [
    ...wrap(text, width, `${said}  `, INDENT).map((line, at) =>
      at === 0 ? line.replace(said, paint[hue]) : line,
    ),
    ...record.verdict.reasons.flatMap(({ message }) => bullet(message, width)),
    ...interruption,
    ...renderValidity(record, width),
  ];
}

/** `1 of 5 gated metrics is worse, 1 cannot be told `; empty where none is gated. */
function countVerdicts({ family, results, mode }: ComparisonRecord): string {
  if (mode !== 'regression') return '';
  const gated = results.filter(({ metric }) => family.gated.includes(metric));
  if (gated.length === 0) return 'no metric is gated ';
  const count = (...verdicts: string[]): number =>
    gated.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const [worse, open] = [count('worse'), count('inconclusive', 'invalid')];
  const unit = `gated metric${gated.length === 1 ? '' : 's'}`;
  const parts = [
    worse > 0
      ? `${worse} of ${gated.length} ${unit} ${worse === 1 ? 'is' : 'are'} worse`
      : `none of ${gated.length} ${unit} is worse`,
    open > 0 ? `${open} cannot be told` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')} `;
}

/** How many runs count, how they were laid out, and which do not count and why. */
function renderValidity({ runs, design }: ComparisonRecord, width: number): string[] {
  const rejected = runs.filter((run) => run.rejected !== null);
  const valid = runs.length - rejected.length;
  const layout = {
    blocks: `${formatCount(design.blocks)} block${design.blocks === 1 ? '' : 's'}${design.blocks === design.blocksPlanned ? '' : ` of ${formatCount(design.blocksPlanned)}`}`,
    unpaired: 'unpaired',
    single: 'one run each',
  }[design.type];
  const words = [
    `valid: ${formatCount(valid)} of ${countOf(runs.length, 'run')}`,
    layout,
    design.replayedBlocks > 0
      ? `${formatCount(design.replayedBlocks)} of at most ${formatCount(design.replayedBlocksMax)} blocks played again`
      : '',
    design.looksPlanned > 1 ? `look ${design.looksUsed} of ${design.looksPlanned}` : '',
    `attempt ${design.attempt}`,
  ].filter((word) => word !== '');
  const untold = rejected.length - MAX_REJECTED;
  return [
    ...wrap(words.join(' · '), width, '', INDENT),
    ...rejected.slice(0, MAX_REJECTED).flatMap((run) => {
      const where = run.block === null ? '' : `block ${run.block + 1}, `;
      return wrap(plainText(`rejected: ${where}${run.arm}: ${run.rejected}`), width, `${INDENT}! `, HANG);
    }),
    ...(untold > 0 ? wrap(`and ${formatCount(untold)} more`, width, HANG) : []),
  ];
}
