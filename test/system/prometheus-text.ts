/**
 * A strict reader of Prometheus text, exposition format 0.0.4. It takes what the format's description allows and nothing
 * else: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

export interface Family {
  readonly type: FamilyType;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface OpenFamily {
  type: FamilyType | null;
  help: string | null;
  samples: Sample[];
  seen: Set<string>;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
/** What Go's ParseFloat takes of decimal numbers, and the three that are none. */
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/;

/** Families by name, in order. Throws with the line for whatever the format does not allow. */
export function parsePrometheusText(text: string): Map<string, Family> {
  const families = new Map<string, OpenFamily>();
  if (text === '') return new Map();
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  let current: string | null = null;
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    try {
      current = readLine(line, families, current);
    } catch (error) {
      throw new Error(`line ${at + 1}: ${(error as Error).message}: ${line}`);
    }
  }
  for (const [name, family] of families) checkFamily(name, family, families);
  return new Map(
    [...families].map(([name, { type, help, samples }]) => [
      name,
      { type: type ?? 'untyped', help: help ?? '', samples },
    ]),
  );
}

/** The family that the line belongs to: all lines of one must stand together. */
function readLine(line: string, families: Map<string, OpenFamily>, current: string | null): string | null {
  if (line.trim() === '') return current;
  const comment = /^#[ \t]*(?:(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+(.*))?)?/.exec(line);
  if (comment !== null && comment[1] === undefined) return current;
  if (comment !== null) {
    const [, kind, name = '', rest = ''] = comment;
    if (!NAME.test(name)) fail(`no metric name: ${name}`);
    const family = open(name, families, current);
    if (kind === 'HELP') {
      if (family.help !== null) fail('a second HELP');
      if (/\\(?![\\n])/.test(rest.replaceAll('\\\\', ''))) fail('no escape');
      family.help = rest.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
    } else {
      if (family.type !== null) fail('a second TYPE');
      if (family.samples.length > 0) fail('TYPE after the first sample');
      if (!TYPES.includes(rest)) fail(`no type: ${rest}`);
      family.type = rest as FamilyType;
    }
    return name;
  }
  const sample = readSample(line);
  const name = familyOf(sample.name, families);
  const family = open(name, families, current);
  const series = JSON.stringify([sample.name, Object.entries(sample.labels).toSorted()]);
  if (family.seen.has(series)) fail('the same series twice');
  family.seen.add(series);
  family.samples.push(sample);
  return name;
}

function open(name: string, families: Map<string, OpenFamily>, current: string | null): OpenFamily {
  const known = families.get(name);
  if (known !== undefined) return name === current ? known : fail('outside of its group');
  const family: OpenFamily = { type: null, help: null, samples: [], seen: new Set() };
  families.set(name, family);
  return family;
}

/** `x_bucket`, `x_sum` and `x_count` belong to the histogram x. */
function familyOf(sample: string, families: Map<string, OpenFamily>): string {
  const base = sample.replace(/_(?:bucket|sum|count)$/, '');
  const type = families.get(base)?.type;
  const isPart = type === 'histogram' || (type === 'summary' && !sample.endsWith('_bucket'));
  return base !== sample && isPart ? base : sample;
}

function readSample(line: string): Sample {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? fail('no metric name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const match = /^([^=,{}"\s]+)="((?:[^"\\]|\\[\\"n])*)"(,|(?=\}))/.exec(rest);
      if (match === null) return fail('no label');
      const [whole, label = '', value = ''] = match;
      if (!LABEL_NAME.test(label)) fail(`no label name: ${label}`);
      if (Object.hasOwn(labels, label)) fail(`label ${label} twice`);
      labels[label] = value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
      rest = rest.slice(whole.length);
    }
    rest = rest.slice(1);
  }
  const match = /^[ \t]+(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/.exec(rest);
  if (match === null) return fail('no value');
  return { name, labels, value: readValue(match[1] as string) };
}

function readValue(text: string): number {
  if (!VALUE.test(text)) fail(`no number: ${text}`);
  return Number(text.replace('Inf', 'Infinity'));
}

function checkFamily(name: string, { type, samples }: OpenFamily, families: Map<string, OpenFamily>): void {
  const wrong = (what: string): never => fail(`${name}: ${what}`);
  if (type === 'counter') {
    for (const { value } of samples) if (!(value >= 0)) wrong(`a counter of ${value}`);
  }
  if (type !== 'histogram') return;
  for (const part of ['_bucket', '_sum', '_count']) {
    if (families.has(`${name}${part}`)) wrong(`a family of the name of its ${part}`);
  }
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const isBucket = sample.name === `${name}_bucket`;
    if (sample.name === name) wrong('a sample without _bucket, _sum or _count');
    if (isBucket !== (le !== undefined)) wrong('le belongs to buckets, to each of them and to nothing else');
    const key = JSON.stringify(Object.entries(labels).toSorted());
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const group of groups.values()) checkHistogram(name, group, wrong);
}

function checkHistogram(name: string, group: readonly Sample[], wrong: (what: string) => never): void {
  const one = (part: string): number =>
    group.find((sample) => sample.name === `${name}${part}`)?.value ?? wrong(`no ${part}`);
  const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
  let before = { le: Number.NEGATIVE_INFINITY, value: 0 };
  for (const { labels, value } of buckets) {
    const le = readValue(labels['le'] as string);
    if (Number.isNaN(le) || le <= before.le) wrong(`bounds that do not rise: ${labels['le']}`);
    if (!Number.isInteger(value) || value < before.value) wrong(`buckets that do not add up: ${value}`);
    before = { le, value };
  }
  if (before.le !== Number.POSITIVE_INFINITY) wrong('no bucket +Inf');
  if (one('_count') !== before.value)
    wrong(`_count ${one('_count')} beside a last bucket of ${before.value}`);
  if (!Number.isFinite(one('_sum'))) wrong(`a sum of ${one('_sum')}`);
}

function fail(what: string): never {
  throw new Error(what);
}
