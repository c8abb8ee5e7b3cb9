/** One answer from validity, checks and stalls. A bad instrument proves nothing, so invalid comes first. */
import type { RunRecord, Stall, Verdict } from '../core/record.ts';
import { formatValue } from '../report/format.ts';

export function judge(
  record: Pick<RunRecord, 'validity' | 'checks' | 'stalls' | 'partial' | 'interruptedBy'>,
): Verdict {
  const broken = record.validity.checks.filter((check) => check.status === 'invalid');
  const reasons: Verdict['reasons'] = broken.map((check) => ({
    code: 'invalid',
    message: check.detail ?? check.name,
  }));
  if (record.partial) {
    const why =
      record.interruptedBy === null
        ? 'a process ended before its time'
        : `stopped by ${record.interruptedBy}`;
    reasons.push({ code: 'partial', message: `${why}: the run is not whole, so its checks stay open` });
  }
  for (const [place, alike] of Map.groupBy(record.stalls, describePlace)) {
    const times = alike.length === 1 ? '' : ` (${alike.length} times)`;
    reasons.push({ code: 'stalled', message: `${place}${times}` });
  }
  for (const check of record.checks) {
    if (check.status === 'fail')
      reasons.push({
        code: 'check_failed',
        message: `${check.expression} (actual ${formatValue(check.actual, check.unit)})`,
      });
    else if (check.status === 'unknown' && !record.partial) {
      // No data for a check the user asked for: never silently green.
      reasons.push({ code: 'no_data', message: `${check.expression}: ${check.detail ?? 'no data'}` });
    }
  }
  const has = (...codes: string[]) => reasons.some((reason) => codes.includes(reason.code));
  if (has('invalid', 'no_data', 'partial')) return { status: 'invalid', reasons };
  if (has('stalled')) return { status: 'stalled', reasons };
  return { status: has('check_failed') ? 'fail' : 'pass', reasons };
}

function describePlace(stall: Stall): string {
  return `${stall.class}${stall.boundary === null ? '' : ` at ${stall.boundary}`}`;
}
