import { describe, expect, it } from 'vitest';
import { parsePrometheusText } from './prometheus-text.ts';

const GOOD = [
  '# a comment',
  '',
  '# HELP jobs_total Jobs, with a \\\\ and a\\nline.',
  '# TYPE jobs_total counter',
  'jobs_total{kind="a \\"b\\" \\\\ \\n c",} 3 1700000000000',
  'jobs_total{kind="other"} 4e+2',
  '# HELP level Level.',
  '# TYPE level gauge',
  'level -Inf',
  '# HELP wait_seconds Wait.',
  '# TYPE wait_seconds histogram',
  'wait_seconds_bucket{path="x",le="0.1"} 2',
  'wait_seconds_bucket{path="x",le="0.5"} 2',
  'wait_seconds_bucket{path="x",le="+Inf"} 5',
  'wait_seconds_sum{path="x"} 7.25',
  'wait_seconds_count{path="x"} 5',
  'bare 1',
  '',
].join('\n');

/** Each changes one thing of a good page; `from` must stand there. */
const DAMAGES: [what: string, from: string, to: string, message: RegExp][] = [
  ['a last line without its end', 'bare 1\n', 'bare 1', /last line/],
  ['a second TYPE', 'level -Inf', '# TYPE level gauge\nlevel -Inf', /second TYPE/],
  ['a second HELP', 'level -Inf', '# HELP level Again.\nlevel -Inf', /second HELP/],
  ['TYPE after a sample', 'bare 1', 'bare 1\n# TYPE bare gauge', /TYPE after/],
  ['a type that nobody knows', 'level gauge', 'level gauges', /no type/],
  ['a family in two places', 'bare 1', 'level{again="yes"} 1', /outside of its group/],
  ['a name that is none', 'bare 1', '1bare 1', /no metric name/],
  ['a name with a blank in HELP', '# HELP level Level.', '# HELP le-vel Level.', /no metric name/],
  ['the same series twice', 'level -Inf', 'level -Inf\nlevel 2', /same series/],
  [
    'the same series with its labels in another order',
    'bare 1',
    'bare{a="1",b="2"} 1\nbare{b="2",a="1"} 1',
    /same series/,
  ],
  ['a label twice', 'bare 1', 'bare{a="1",a="2"} 1', /label a twice/],
  ['a label name with a dash', '{kind="other"}', '{k-ind="other"}', /no label name/],
  ['a label without quotes', '{kind="other"}', '{kind=other}', /no label/],
  ['a label that does not end', '{kind="other"}', '{kind="other}', /no label/],
  ['a bare quote in a label', '"other"', '"ot"her"', /no label/],
  ['an escape that is none in a label', '"other"', '"ot\\her"', /no label/],
  ['an escape that is none in HELP', 'Level.', 'Le\\vel.', /no escape/],
  ['a value that is no number', 'bare 1', 'bare one', /no number/],
  ['a value in another base', 'bare 1', 'bare 0x1', /no number/],
  ['no value', 'bare 1', 'bare', /no value/],
  ['a timestamp that is not whole', 'bare 1', 'bare 1 1.5', /no value/],
  ['a counter below 0', 'jobs_total{kind="other"} 4e+2', 'jobs_total{kind="other"} -1', /a counter of -1/],
  ['a counter that is no number', '4e+2', 'NaN', /a counter of NaN/],
  ['a histogram without +Inf', 'wait_seconds_bucket{path="x",le="+Inf"} 5\n', '', /no bucket \+Inf/],
  ['a histogram without its sum', 'wait_seconds_sum{path="x"} 7.25\n', '', /no _sum/],
  ['a histogram without its count', 'wait_seconds_count{path="x"} 5\n', '', /no _count/],
  ['a count beside its last bucket', '_count{path="x"} 5', '_count{path="x"} 6', /beside a last bucket/],
  ['buckets that are not cumulative', 'le="0.5"} 2', 'le="0.5"} 1', /do not add up/],
  ['a bucket of half an event', 'le="0.5"} 2', 'le="0.5"} 2.5', /do not add up/],
  ['a bucket that is no number', 'le="0.5"} 2', 'le="0.5"} NaN', /do not add up/],
  ['bounds that fall', 'le="0.5"', 'le="0.05"', /do not rise/],
  ['a bound that is no number', 'le="0.5"', 'le="half"', /no number/],
  ['a bucket without a bound', ',le="0.5"', ',of="0.5"', /le belongs to buckets/],
  ['a bound beside the sum', '_sum{path="x"}', '_sum{path="x",le="1"}', /le belongs to buckets/],
  [
    'a histogram with a bare sample',
    'wait_seconds_sum{path="x"} 7.25',
    'wait_seconds 7.25',
    /a sample without/,
  ],
  ['a sum that is no number', '7.25', 'NaN', /a sum of NaN/],
  ['buckets with other labels than the sum', '_sum{path="x"}', '_sum{path="y"}', /no _sum|no bucket/],
];

describe('the strict reader of Prometheus text', () => {
  it('reads names, labels, escapes, values and buckets', () => {
    const families = parsePrometheusText(GOOD);
    expect([...families].map(([name, { type }]) => [name, type])).toEqual([
      ['jobs_total', 'counter'],
      ['level', 'gauge'],
      ['wait_seconds', 'histogram'],
      ['bare', 'untyped'],
    ]);
    expect(families.get('jobs_total')).toEqual({
      type: 'counter',
      help: 'Jobs, with a \\ and a\nline.',
      samples: [
        { name: 'jobs_total', labels: { kind: 'a "b" \\ \n c' }, value: 3 },
        { name: 'jobs_total', labels: { kind: 'other' }, value: 400 },
      ],
    });
    expect(families.get('level')?.samples[0]?.value).toBe(Number.NEGATIVE_INFINITY);
    expect(families.get('wait_seconds')?.samples).toHaveLength(5);
    expect(parsePrometheusText('').size).toBe(0);
  });

  it.each(DAMAGES)('refuses %s', (_, from, to, message) => {
    expect(GOOD.split(from)).toHaveLength(2);
    expect(() => parsePrometheusText(GOOD.replace(from, () => to))).toThrow(message);
  });
});
