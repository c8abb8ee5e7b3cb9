/** A run as test cases: its validity, each check, and that nothing stood still. */
import type { CheckResult, RunRecord } from '../../core/record.ts';
import { describeStall } from '../stall-words.ts';
import { describeCheckResult } from '../terminal-summary.ts';
import { listDoubts } from '../validity-words.ts';
import { describeInterruption } from '../verdict-words.ts';
import { type JUnitCase, type JUnitProblem, type JUnitSuite, VALIDITY_CASE } from './junit-suite.ts';

export function runSuite(record: RunRecord): JUnitSuite {
  return {
    name: `${record.scenario.name}.${record.strategyName}`,
    startedAt: record.startedAt,
    durationMs: record.durationMs,
    properties: runProperties(record),
    cases: [validityCase(record), ...record.checks.map(checkCase), ...stallCases(record)],
  };
}

function runProperties({ id, seed, command, environment, verdict }: RunRecord): JUnitSuite['properties'] {
  return {
    run: id,
    seed,
    command,
    verdict: verdict.status,
    bpbench: environment.bpbenchVersion,
    commit: environment.gitCommit,
    node: environment.nodeVersion,
    os: `${environment.os} ${environment.kernel}`,
    cpu: `${environment.cores} × ${environment.cpuModel}`,
  };
}

/** A run that is invalid, or did not come to its end, proves nothing: an error, never a failure. */
function validityCase(record: RunRecord): JUnitCase {
  const interruption = describeInterruption(record);
  const doubts = listDoubts(record).map(({ status, text }) => `${status}: ${text}`);
  const isInvalid = record.validity.status === 'invalid' || record.verdict.status === 'invalid';
  const reasons = record.verdict.reasons.map(({ message }) => message).join('; ');
  const message = interruption ?? (reasons === '' ? 'the run is not valid' : reasons);
  return {
    name: VALIDITY_CASE,
    problem:
      isInvalid || interruption !== null
        ? { kind: 'error', type: interruption === null ? 'invalid' : 'partial', message }
        : null,
    output: doubts,
  };
}

const PROBLEMS: Record<CheckResult['status'], JUnitProblem | null> = {
  pass: null,
  fail: { kind: 'failure', type: 'check', message: '' },
  unknown: { kind: 'error', type: 'no-data', message: '' },
};

function checkCase(check: CheckResult): JUnitCase {
  const problem = PROBLEMS[check.status];
  const result = describeCheckResult(check);
  return {
    name: check.name,
    problem: problem === null ? null : { ...problem, message: `${check.expression}: ${result}` },
    output: [result],
  };
}

/** One case, where something stood still: a check of its own would be green in every other run. */
function stallCases({ stalls }: RunRecord): JUnitCase[] {
  const [first] = stalls;
  if (first === undefined) return [];
  const message = `${stalls.length} stall${stalls.length === 1 ? '' : 's'}: ${describeStall(first)}`;
  return [
    {
      name: 'nothing stands still',
      problem: { kind: 'failure', type: 'stall', message },
      output: stalls.map((stall) => `${describeStall(stall)}: ${stall.summary}`),
    },
  ];
}
