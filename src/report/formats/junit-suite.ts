/** What a JUnit file is made of, before it is text. */
import { NOTHING_JUDGED } from '../../comparison/gate.ts';
import type { ComparisonStatus } from '../../core/comparison.ts';

export interface JUnitProblem {
  /** `failure`: proved to be wrong. `error`: could not be judged. `skipped`: nothing was proved. */
  readonly kind: 'failure' | 'error' | 'skipped';
  readonly type: string;
  readonly message: string;
}

/** Passed, unless it has a problem. */
export interface JUnitCase {
  readonly name: string;
  readonly problem: JUnitProblem | null;
  /** Lines of `<system-out>`. */
  readonly output: readonly string[];
}

export interface JUnitSuite {
  readonly name: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly properties: Readonly<Record<string, string | number | null>>;
  readonly cases: readonly JUnitCase[];
}

/** Reasons that say nothing of what was tested but that there was nothing. */
const NOTHING_ASKED: readonly string[] = [NOTHING_JUDGED.code, 'no_gate'];

/** The case that is always there, and says nothing about what the user wanted to know. */
export const VALIDITY_CASE = 'the result is valid';

/** A green file that tested nothing would pass a gate: this case stands where there is no other. */
const NOTHING_TESTED: JUnitCase = {
  name: 'something is tested',
  problem: {
    kind: 'error',
    type: 'no-test-cases',
    message: NOTHING_JUDGED.message,
  },
  output: ['add checks to the scenario, or --fail-if, --expect, --need or --baseline'],
};

export interface JUnitVerdict {
  readonly status: ComparisonStatus;
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
  /** Whether what could not be told ended the command with an error. */
  readonly isStrict: boolean;
}

/** The same suites, as red as the verdict is: what no case of its own shows has one here. */
export function completeSuites(suites: readonly JUnitSuite[], verdict: JUnitVerdict): readonly JUnitSuite[] {
  const cases = suites.flatMap((suite) => suite.cases);
  const kinds = new Set(cases.map(({ problem }) => problem?.kind));
  const isOnlyUnasked =
    verdict.reasons.length > 0 && verdict.reasons.every(({ code }) => NOTHING_ASKED.includes(code));
  const isRed = kinds.has('failure') || kinds.has('error');
  const message = verdict.reasons.map((reason) => reason.message).join('; ') || `it is ${verdict.status}`;
  const added: JUnitCase[] = [];
  const add = (kind: JUnitProblem['kind']): void => {
    added.push({ name: 'the verdict', problem: { kind, type: verdict.status, message }, output: [] });
  };
  if (verdict.status === 'inconclusive') {
    if (verdict.isStrict && !isRed) add('failure');
    else if (!isRed && !kinds.has('skipped') && !isOnlyUnasked) add('skipped');
  } else if (verdict.status !== 'pass' && !isRed) add('failure');
  const isTested = added.length > 0 || cases.some(({ name }) => name !== VALIDITY_CASE);
  if (!isTested) added.push(NOTHING_TESTED);
  const [first, ...others] = suites;
  return first === undefined ? suites : [{ ...first, cases: [...first.cases, ...added] }, ...others];
}
