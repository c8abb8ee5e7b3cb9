/** The OpenMetrics 1.0 text format: families with their samples together, `# EOF` last. */

export type MetricType = 'gauge' | 'counter' | 'summary' | 'info' | 'stateset';

export interface MetricFamily {
  /** Without the suffix that the type adds to its samples (`_total`, `_info`); ends with the unit where it has one. */
  readonly name: string;
  readonly type: MetricType;
  readonly unit?: 'seconds' | 'bytes' | 'ratio';
  readonly help: string;
}

export type Labels = Readonly<Record<string, string | number | null>>;

/** What the standard wants behind a family's name, where it is always the same. */
const SUFFIX: Readonly<Record<MetricType, string>> = {
  gauge: '',
  counter: '_total',
  summary: '',
  info: '_info',
  stateset: '',
};

/** Collects samples in any order and renders them by family, in the order in which families first came. */
export class OpenMetricsText {
  readonly #families = new Map<string, { family: MetricFamily; lines: Map<string, string> }>();

  /**
   * One sample; what is `null` is not there. `suffix` is for summaries: `_count`, `_sum`. `atMs` is wall time. A second
   * sample of the same labels and time would make the whole text invalid: the first one stays.
   */
  add(
    family: MetricFamily,
    labels: Labels,
    value: number | 'inf' | null,
    { suffix = SUFFIX[family.type], atMs = null }: { suffix?: string; atMs?: number | null } = {},
  ): void {
    if (value === null || Number.isNaN(value)) return;
    const known = this.#families.get(family.name) ?? { family, lines: new Map<string, string>() };
    this.#families.set(family.name, known);
    const time = atMs === null ? '' : ` ${(atMs / 1000).toFixed(3)}`;
    const series = `${family.name}${suffix}${formatLabels(labels)}`;
    const key = `${series}${time}`;
    if (!known.lines.has(key)) known.lines.set(key, `${series} ${formatValue(value)}${time}`);
  }

  toString(): string {
    const lines = [...this.#families.values()].flatMap(({ family, lines: samples }) => [
      `# TYPE ${family.name} ${family.type}`,
      ...(family.unit === undefined ? [] : [`# UNIT ${family.name} ${family.unit}`]),
      `# HELP ${family.name} ${escapeText(family.help)}`,
      ...samples.values(),
    ]);
    return `${[...lines, '# EOF'].join('\n')}\n`;
  }
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}="${escapeText(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Any text but a line break, a quote and a backslash may stand as it is. */
function escapeText(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function formatValue(value: number | 'inf'): string {
  if (value === 'inf' || value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
