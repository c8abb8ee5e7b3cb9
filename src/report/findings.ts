/** What a run shows, in plain words, each sentence with the numbers that prove it. */
import type { Finding, RunRecord } from '../core/record.ts';
import { findBroughtBack, findToldClients } from './findings/feeds.ts';
import {
  findCriticalLosses,
  findDrops,
  findEventLosses,
  findFailures,
  findPendingForever,
  findRejections,
} from './findings/losses.ts';
import { findHiddenBuffers, findLeaks, findMemory } from './findings/memory.ts';
import { findBlocked, findFullQueues, findGrowth, findMissingPressure } from './findings/queues.ts';
import { findStalls } from './findings/stalls.ts';
import { findFastReaders, findLag, findRecovery, findUpstream } from './findings/waiting.ts';

export type FindingRule = (record: RunRecord) => Finding[];

/** In the order in which they are told, within one level. */
export const FINDING_RULES: readonly FindingRule[] = [
  findMissingPressure,
  findStalls,
  findDrops,
  findFastReaders,
  findLag,
  findBlocked,
  findUpstream,
  findEventLosses,
  findPendingForever,
  findBroughtBack,
  findToldClients,
  findCriticalLosses,
  findGrowth,
  findFullQueues,
  findFailures,
  findRejections,
  findRecovery,
  findMemory,
  findLeaks,
  findHiddenBuffers,
];

const LEVEL_ORDER: Record<Finding['level'], number> = { doubt: 0, warn: 1, info: 2 };

/** All findings, what weakens the result first, then who was hurt, then what is worth knowing. Pure. */
export function findFindings(record: RunRecord): Finding[] {
  return FINDING_RULES.flatMap((rule) => rule(record)).sort(
    (a, b) => LEVEL_ORDER[a.level] - LEVEL_ORDER[b.level],
  );
}
