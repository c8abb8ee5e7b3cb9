/** What stood still, who waited for whom, and what would have helped. */
import type { Finding, RunRecord, Stall, StallClass } from '../../core/record.ts';
import { formatCount, formatDurationMs } from '../../core/units.ts';

const CODES: Record<StallClass, string> = {
  cycle: 'stall-cycle',
  'blocked-loop': 'stall-blocked-loop',
  'zero-window': 'stall-zero-window',
  'lost-wake-up': 'stall-lost-wake-up',
};

/** One sentence or two for each kind of stall at each place; the longest stands for those like it. */
export function findStalls({ stalls }: RunRecord): Finding[] {
  const alike = Map.groupBy(stalls, (stall) => `${stall.class} ${stall.boundary}`);
  return [...alike.values()].map((group): Finding => {
    const [worst] = [...group].sort((a, b) => b.durationMs - a.durationMs) as [Stall];
    const others = group.length - 1;
    const more =
      others === 0 ? '' : ` There ${others === 1 ? 'was' : 'were'} ${formatCount(others)} more like it.`;
    const text = `Stalled for ${formatDurationMs(worst.durationMs)}: ${worst.summary}.${more} ${adviseOn(worst)}`;
    return { code: CODES[worst.class], level: 'warn', text };
  });
}

function adviseOn(stall: Stall): string {
  switch (stall.class) {
    case 'cycle':
      return stall.path === 'ws'
        ? 'More capacity only puts it off: let the queue drop instead of wait (--at ws.outbound=drop-newest), or let reading and writing be two tasks (--set system.ws.architecture=split).'
        : 'More capacity only puts it off: one of them must not wait.';
    case 'blocked-loop':
      return 'Meanwhile nobody was answered: no request, no ping, no health check.';
    case 'zero-window':
      return 'A strategy that drops, or a rule such as disconnect-stalled, keeps what one consumer does to that consumer.';
    case 'lost-wake-up':
      return 'That is no matter of load or strategy but a defect of the system.';
  }
}
