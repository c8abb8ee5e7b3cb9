/** Prometheus text, exposition format 0.0.4: how a metric family is written. */
import type { Distribution } from '../../core/samples.ts';

/** Values by labels. `value` is in the unit that the metric's name ends with. */
export interface MetricRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  /** `[a-z_]`, with its unit at the end; `_total` for a counter. */
  readonly name: string;
  readonly help: string;
}

/** Values by bucket; bounds and sum are in the unit that the metric's name ends with. */
export interface HistogramRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly distribution: Distribution;
}

export type Metric =
  | (Family & { readonly type: 'counter' | 'gauge'; readonly rows: readonly MetricRow[] })
  | (Family & { readonly type: 'histogram'; readonly rows: readonly HistogramRow[] });

/** A number alone is a sample without labels. */
export function counter(name: string, help: string, value: number | readonly MetricRow[]): Metric {
  return { name, type: 'counter', help, rows: toRows(value) };
}

export function gauge(name: string, help: string, value: number | readonly MetricRow[]): Metric {
  return { name, type: 'gauge', help, rows: toRows(value) };
}

export function histogram(name: string, help: string, distribution: Distribution): Metric {
  return { name, type: 'histogram', help, rows: [{ labels: {}, distribution }] };
}

/** A distribution in milliseconds as one in seconds. */
export function inSeconds({ bounds, counts, sum, count }: Distribution): Distribution {
  return { bounds: bounds.map((ms) => ms / 1000), counts, sum: sum / 1000, count };
}

function toRows(value: number | readonly MetricRow[]): readonly MetricRow[] {
  return typeof value === 'number' ? [{ labels: {}, value }] : value;
}

/** One family after the other; one without rows shows its name and help all the same. */
export function renderExposition(metrics: readonly Metric[]): string {
  return metrics.map(renderMetric).join('');
}

function renderMetric(metric: Metric): string {
  const { name, type, help } = metric;
  const lines =
    metric.type === 'histogram'
      ? metric.rows.flatMap((row) => renderHistogram(name, row))
      : metric.rows.map(({ labels, value }) => renderSample(name, labels, value));
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Buckets count everything up to their bound, so the last one counts all. */
function renderHistogram(name: string, { labels, distribution }: HistogramRow): string[] {
  const { bounds, counts, sum, count } = distribution;
  let total = 0;
  const buckets = counts.map((bucket, at) => {
    total += bucket;
    const le = renderValue(bounds[at] ?? Number.POSITIVE_INFINITY);
    return renderSample(`${name}_bucket`, { ...labels, le }, total);
  });
  return [...buckets, renderSample(`${name}_sum`, labels, sum), renderSample(`${name}_count`, labels, count)];
}

function renderSample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  return `${name}${renderLabels(labels)} ${renderValue(value)}\n`;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Go's spelling of what is no number. */
function renderValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
