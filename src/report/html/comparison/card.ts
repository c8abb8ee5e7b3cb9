/** The head of a comparison's page. */
import type { ComparisonRecord, ComparisonStatus } from '../../../core/comparison.ts';
import { formatCount, formatDurationMs } from '../../../core/units.ts';
import { plainText } from '../../text.ts';
import { type Card, renderCard } from '../card.ts';
import { label, type Markup } from '../markup.ts';
import { renderTime } from '../run/card.ts';
import type { Tone } from '../status.ts';

const STATUS: Record<ComparisonStatus, { word: string; tone: Tone }> = {
  pass: { word: 'PASS', tone: 'good' },
  fail: { word: 'FAIL', tone: 'bad' },
  invalid: { word: 'INVALID', tone: 'bad' },
  stalled: { word: 'STALLED', tone: 'bad' },
  inconclusive: { word: 'INCONCLUSIVE', tone: 'doubt' },
};

export function renderComparisonCard(record: ComparisonRecord, problems: readonly string[]): Markup {
  const { plan, arms, reference, design, verdict, runs } = record;
  const { word, tone } = STATUS[verdict.status];
  const others = arms.filter(({ name }) => name !== reference).map(({ name }) => label(name));
  const counted = runs.filter(({ rejected }) => rejected === null).length;
  const [sentence = '', ...more] = describeVerdict(record);
  const facts: Card['facts'] = [
    ['Exit code', String(record.exitCode)],
    ['Valid runs', `${formatCount(counted)} of ${formatCount(runs.length)}`],
    ['Layout', describeDesign(record)],
    ['Seed', String(record.seed)],
    ['Attempt', String(design.attempt)],
    ['Length', formatDurationMs(record.durationMs)],
    ['Started', renderTime(record.startedAt)],
    ['Version', `bpbench ${record.environment.bpbenchVersion}, Node ${record.environment.nodeVersion}`],
  ];
  return renderCard({
    kicker: record.mode === 'regression' ? 'bpbench · regression' : 'bpbench · comparison of strategies',
    heading: [
      plan.scenario.name,
      others.length === 0 || design.type === 'single'
        ? [reference, ...others].map(label).join(', ')
        : `${others.join(', ')} against ${label(reference)}`,
    ],
    description: plan.scenario.description,
    tone,
    word,
    sentence,
    more,
    notices: [
      ...(record.partial ? [describeInterruption(record)] : []),
      ...problems.map((problem) => `Not all of the recorded data could be read: ${problem}`),
    ],
    facts,
    command: record.command,
  });
}

export function describeDesign({ design }: ComparisonRecord): string {
  if (design.type === 'single') return 'one run each';
  if (design.type === 'unpaired') return 'unpaired runs';
  const whole = design.blocks === design.blocksPlanned ? '' : ` of ${formatCount(design.blocksPlanned)}`;
  return `${formatCount(design.blocks)}${whole} block${design.blocks === 1 ? '' : 's'}`;
}

/** The reasons in the record's words, at least one; for a comparison without any, what that means. */
export function describeVerdict(record: ComparisonRecord): string[] {
  const reasons = record.verdict.reasons.map(({ message }) => sentence(plainText(message)));
  return reasons.length > 0 ? reasons : [describeOutcome(record)];
}

function describeOutcome({ family, results, design, mode, reference, needs }: ComparisonRecord): string {
  if (design.type === 'single') {
    return 'One run of each strategy: what differs below may be noise. Repeat in blocks to prove a difference.';
  }
  if (mode === 'versus') {
    if (needs.length > 0) return 'What was asked for holds. Who satisfies which need stands below.';
    return 'Strategies trade one thing for another: which is best depends on what you need. State it with --need.';
  }
  const gated = results.filter(({ metric }) => family.gated.includes(metric));
  if (gated.length === 0) return 'No metric is gated, so nothing was judged.';
  const worse = gated.filter(({ verdict }) => verdict === 'worse').length;
  return worse > 0
    ? `${worse} of ${gated.length} gated results ${worse === 1 ? 'is' : 'are'} worse.`
    : `None of ${gated.length} gated results is worse than ${label(reference)}.`;
}

function describeInterruption({ interruptedBy, durationMs, design }: ComparisonRecord): string {
  const why = interruptedBy === null ? 'broke off' : `stopped by ${plainText(interruptedBy)}`;
  return `Not a whole comparison: ${why} after ${formatDurationMs(durationMs)}; ${formatCount(design.blocks)} of ${formatCount(design.blocksPlanned)} blocks are there.`;
}

/** A first word that is a name, such as that of a strategy, stays as it is. */
function sentence(text: string): string {
  const start = /^[a-z]+(?=[ ,])/.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return `${start}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
