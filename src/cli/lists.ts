/** What `bpbench list` shows: groups of names, each with one sentence. */
import { wrap } from '../report/text.ts';
import { STAGE_ORDER, STAGE_SUMMARIES, STRATEGIES } from '../system/strategies/catalogue.ts';
import { PRESETS } from '../system/strategies/presets.ts';

export interface ListEntry {
  readonly name: string;
  readonly summary: string;
}

export interface ListGroup {
  readonly title: string | null;
  readonly entries: readonly ListEntry[];
}

/** Every part by stage, then the presets, for which `stage` is `preset` and `text` what they stand for. */
export function listStrategies(): ListGroup[] {
  const stages = STAGE_ORDER.map((stage) => ({
    title: `${stage}: ${STAGE_SUMMARIES[stage]}`,
    entries: STRATEGIES.filter((entry) => entry.stage === stage).map(
      ({ name, summary, aliases, specimen, params }) => ({
        name,
        summary: specimen ? `specimen, wrong on purpose: ${summary}` : summary,
        stage,
        aliases,
        specimen,
        params,
      }),
    ),
  }));
  const presets = PRESETS.map(({ name, summary, text }) => ({
    name,
    summary,
    stage: 'preset',
    aliases: [],
    specimen: false,
    params: [],
    text,
  }));
  return [...stages, { title: 'presets: compositions with a name', entries: presets }].filter(
    ({ entries }) => entries.length > 0,
  );
}

/** Names in a column, sentences beside them; a long name has a line of its own. */
export function renderGroups(groups: readonly ListGroup[], width: number, indent = ''): string[] {
  return groups.flatMap(({ title, entries }, index) => {
    const inner = title === null ? indent : `${indent}  `;
    const head = title === null ? [] : [...(index === 0 ? [] : ['']), ...wrap(title, width, indent)];
    return [...head, ...renderEntries(entries, width, inner)];
  });
}

const MAX_COLUMN = 26;

function renderEntries(entries: readonly ListEntry[], width: number, indent: string): string[] {
  const column = Math.min(MAX_COLUMN, Math.max(...entries.map((entry) => entry.name.length)) + 2);
  const hang = ' '.repeat(indent.length + column);
  return entries.flatMap(({ name, summary }) => {
    const lines = wrap(summary, width, hang);
    const isOwnLine = name.length + 2 > column;
    if (isOwnLine) return [`${indent}${name}`, ...lines];
    const [first = '', ...rest] = lines;
    return [`${indent}${name.padEnd(column)}${first.slice(hang.length)}`, ...rest];
  });
}
