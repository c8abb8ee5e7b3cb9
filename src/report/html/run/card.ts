/** The head of a run's page. */
import type { RunRecord } from '../../../core/record.ts';
import { formatDurationMs } from '../../../core/units.ts';
import { exitCodeOf } from '../../exit-code.ts';
import { listStalls } from '../../stall-words.ts';
import { plainText } from '../../text.ts';
import { describeValidity } from '../../validity-words.ts';
import { describeInterruption, NO_CHECKS_MESSAGE, verdictMarkOf } from '../../verdict-words.ts';
import { type Card, renderCard } from '../card.ts';
import { html, label, type Markup } from '../markup.ts';
import { renderStatus, type Tone, toneOf } from '../status.ts';

const HUES: Record<ReturnType<typeof verdictMarkOf>['hue'], Tone> = {
  green: 'good',
  red: 'bad',
  yellow: 'doubt',
};

export function renderRunCard(record: RunRecord, problems: readonly string[]): Markup {
  const { scenario, strategyName, target, environment, validity } = record;
  const { word, hue } = verdictMarkOf(record);
  const urls = Object.values(target.urls).map(plainText);
  const interruption = describeInterruption(record);
  const facts: Card['facts'] = [
    ['Exit code', String(exitCodeOf(record))],
    ['Validity', renderStatus(toneOf(validity.status), validity.status)],
    ['Checks', countChecks(record)],
    ['Seed', String(record.seed)],
    ['Length', formatDurationMs(record.durationMs)],
    ['Started', renderTime(record.startedAt)],
    [
      'System',
      target.kind === 'embedded' ? 'embedded' : html`${urls.map((url) => html`<code>${label(url)}</code> `)}`,
    ],
    ['Version', `bpbench ${environment.bpbenchVersion}, Node ${environment.nodeVersion}`],
  ];
  return renderCard({
    kicker: 'bpbench · run',
    heading: [scenario.name, strategyName],
    description: scenario.description,
    tone: HUES[hue],
    word,
    sentence: describeVerdict(record),
    notices: [
      ...(interruption === null ? [] : [`Not a whole run: ${interruption}.`]),
      ...problems.map((problem) => `Not all of the recorded data could be read: ${problem}`),
    ],
    facts,
    command: record.command,
  });
}

/** `2026-11-21 17:07:26 UTC`. A text that is no time stays as it is. */
export function renderTime(iso: string): Markup {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(iso);
  return match === null
    ? html`${iso}`
    : html`<time datetime="${iso}">${match[1] ?? ''} ${match[2] ?? ''} UTC</time>`;
}

/** What happened and whether to believe it, in one or two sentences. */
export function describeVerdict(record: RunRecord): string {
  const { verdict, checks, stalls } = record;
  const validity = describeValidity(record);
  if (verdict.status === 'invalid') {
    const why = verdict.reasons.map(({ message }) => plainText(message));
    return sentences([validity, ...why]);
  }
  if (verdict.status === 'stalled') {
    const [first = 'the system stood still', ...others] = listStalls({ stalls });
    return sentences([
      `The system ${first}${others.length === 0 ? '' : `, and ${others.length} more`}`,
      validity,
    ]);
  }
  const failed = checks.filter(({ status }) => status === 'fail');
  if (failed.length > 0) {
    const names = failed.map(({ name }) => label(name)).join('; ');
    return sentences([`${failed.length} of ${checks.length} checks failed: ${names}`, validity]);
  }
  const others = verdict.reasons
    .filter(({ code }) => code !== 'partial')
    .map(({ message }) => plainText(message));
  const held =
    checks.length === 0
      ? NO_CHECKS_MESSAGE
      : checks.every(({ status }) => status === 'pass')
        ? `${checks.length === 1 ? 'The one check holds' : `All ${checks.length} checks hold`}`
        : 'No check failed, and not all could be judged';
  return sentences([held, ...others, validity]);
}

function countChecks({ checks }: RunRecord): string {
  if (checks.length === 0) return 'none';
  return `${checks.filter(({ status }) => status === 'pass').length} of ${checks.length} hold`;
}

function sentences(parts: readonly string[]): string {
  return parts
    .filter((part) => part !== '')
    .map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}${/[.!?]$/.test(part) ? '' : '.'}`)
    .join(' ');
}
