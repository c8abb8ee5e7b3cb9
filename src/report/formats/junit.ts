import { escapeMarkup } from '../charts/escape.ts';
import type { Report } from '../report.ts';
import type { Format } from './format.ts';
import { comparisonSuites, isStrictlyOpen } from './junit-comparison.ts';
import { runSuite } from './junit-run.ts';
import { completeSuites, type JUnitCase, type JUnitSuite, type JUnitVerdict } from './junit-suite.ts';

/** The subset that Jenkins' `junit-10.xsd` allows; GitLab shows `classname` as the suite. Ends with a line break. */
export default {
  name: 'junit',
  extensions: ['.xml'],
  summary: 'JUnit of checks, expectations and gated metrics, as Jenkins and GitLab read it',
  isText: true,
  render(report) {
    const suites = completeSuites(
      report.kind === 'run' ? [runSuite(report.record)] : comparisonSuites(report),
      verdictOf(report),
    );
    const cases = suites.flatMap((suite) => suite.cases);
    const totalMs = suites.reduce((sum, suite) => sum + suite.durationMs, 0);
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites name="bpbench" ${formatTotals(cases)} time="${seconds(totalMs)}">`,
      ...suites.flatMap(renderSuite),
      '</testsuites>',
      '',
    ].join('\n');
  },
} satisfies Format;

function verdictOf({ record }: Report): JUnitVerdict {
  const isStrict = record.kind === 'comparison' && isStrictlyOpen(record);
  return { ...record.verdict, isStrict };
}

function renderSuite(suite: JUnitSuite): string[] {
  const timestamp = suite.startedAt.replace(/\.\d+Z?$|Z$/, '');
  const properties = Object.entries(suite.properties).filter(([, value]) => value !== null && value !== '');
  return [
    `  <testsuite name="${attribute(suite.name)}" ${formatTotals(suite.cases)} skipped="${count(suite.cases, 'skipped')}" timestamp="${attribute(timestamp)}" time="${seconds(suite.durationMs)}">`,
    '    <properties>',
    ...properties.map(
      ([name, value]) => `      <property name="${attribute(name)}" value="${attribute(String(value))}"/>`,
    ),
    '    </properties>',
    ...suite.cases.flatMap((one) => renderCase(suite, one)),
    '  </testsuite>',
  ];
}

/** A run takes its time as a whole, so a single case has none of its own. */
function renderCase(suite: JUnitSuite, { name, problem, output }: JUnitCase): string[] {
  const head = `    <testcase name="${attribute(name)}" classname="${attribute(suite.name)}" time="0.000"`;
  if (problem === null && output.length === 0) return [`${head}/>`];
  const type = problem?.kind === 'skipped' ? '' : ` type="${attribute(problem?.type ?? '')}"`;
  return [
    `${head}>`,
    ...(problem === null ? [] : [`      <${problem.kind}${type} message="${attribute(problem.message)}"/>`]),
    ...(output.length === 0 ? [] : [`      <system-out>${escapeMarkup(output.join('\n'))}</system-out>`]),
    '    </testcase>',
  ];
}

function formatTotals(cases: readonly JUnitCase[]): string {
  return `tests="${cases.length}" failures="${count(cases, 'failure')}" errors="${count(cases, 'error')}"`;
}

function count(cases: readonly JUnitCase[], kind: string): number {
  return cases.filter(({ problem }) => problem?.kind === kind).length;
}

/** On one line: a reader may turn line breaks of an attribute into blanks. */
function attribute(text: string): string {
  return escapeMarkup(text).replace(/\s+/g, ' ').trim();
}

function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(3);
}
