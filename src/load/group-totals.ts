/** The running totals of one client group, as the samples report them. */
import { addReason } from '../core/ledger.ts';
import type { ClientGroup } from '../core/plan.ts';
import type { GroupSample } from '../core/samples.ts';

export class GroupTotals {
  readonly group: ClientGroup;
  readonly deadlineUs: number;
  open = 0;
  attempted = 0;
  admitted = 0;
  rejected = 0;
  failed = 0;
  due = 0;
  received = 0;
  readonly failures: Record<string, number> = {};
  pending = 0;
  inTime = 0;
  gaps = 0;
  duplicates = 0;
  reordered = 0;

  constructor(group: ClientGroup) {
    this.group = group;
    this.deadlineUs = group.deadlineMs * 1000;
  }

  /** `count` pending requests or messages have ended without success. */
  fail(reason: string, count = 1): void {
    if (count === 0) return;
    this.pending -= count;
    addReason(this.failures, reason, count);
  }

  sample(): GroupSample {
    const { open, attempted, admitted, rejected, failed, due, received, pending, inTime } = this;
    const { gaps, duplicates, reordered } = this;
    const failures = { ...this.failures };
    return {
      open,
      attempted,
      admitted,
      rejected,
      failed,
      due,
      received,
      failures,
      pending,
      inTime,
      gaps,
      duplicates,
      reordered,
    };
  }
}
