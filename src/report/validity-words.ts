/** The validity of a run as a sentence. */
import type { RunRecord, ValidityCheck } from '../core/record.ts';
import { formatValue } from './format.ts';
import { plainText } from './text.ts';

/** `valid: the generator kept its plan (p99 0.8 ms late), every event accounted for`. */
export function describeValidity({ validity, verdict }: Pick<RunRecord, 'validity' | 'verdict'>): string {
  const { status, checks } = validity;
  if (status === 'invalid') return 'not valid: its numbers prove nothing';
  if (verdict.status === 'invalid' && verdict.reasons.some(({ code }) => code === 'no_data')) {
    return 'a check has no data to judge';
  }
  const good = describeGood(checks);
  if (status === 'valid') return good.length === 0 ? 'valid' : `valid: ${good.join(', ')}`;
  return `valid, with doubts${good.length === 0 ? '' : `: ${good.join(', ')}`}`;
}

/** One line for each check that weakens or falsifies the run, or that could not be read. */
export function listDoubts({ validity }: Pick<RunRecord, 'validity'>): { status: string; text: string }[] {
  return validity.checks
    .filter((check) => check.status !== 'ok')
    .map((check) => ({ status: check.status, text: describeCheck(check) }));
}

function describeGood(checks: readonly ValidityCheck[]): string[] {
  const good: string[] = [];
  const slip = checks.find((check) => check.name.startsWith('generator slip'));
  if (slip?.status === 'ok' && slip.actual !== null) {
    good.push(`the generator kept its plan (p99 ${formatValue(slip.actual, slip.unit)} late)`);
  }
  const ledgers = checks.filter((check) => check.name.startsWith('ledger'));
  if (ledgers.length > 0 && ledgers.every((check) => check.status === 'ok')) {
    good.push('every event accounted for');
  }
  return good;
}

function describeCheck(check: ValidityCheck): string {
  const name = plainText(check.name);
  const detail = check.detail === null ? '' : plainText(check.detail);
  if (check.status === 'unknown') return `not checked: ${name}${detail === '' ? '' : ` (${detail})`}`;
  const numbers = `${name} ${formatValue(check.actual, check.unit)}, limit ${formatValue(check.limit, check.unit)}`;
  return detail === '' ? numbers : `${detail} (${numbers})`;
}
