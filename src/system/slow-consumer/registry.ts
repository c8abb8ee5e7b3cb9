/** Every slow-consumer rule, in the order of lists. One line each. */
import disconnectBytes from './disconnect-bytes.ts';
import disconnectDeadline from './disconnect-deadline.ts';
import disconnectLag from './disconnect-lag.ts';
import disconnectSoft from './disconnect-soft.ts';
import disconnectStalled from './disconnect-stalled.ts';
import pauseUpstream from './pause-upstream.ts';
import type { SlowConsumerDefinition } from './rule.ts';
import shedFattest from './shed-fattest.ts';

export const SLOW_CONSUMER_RULES = {
  'disconnect-bytes': disconnectBytes,
  'disconnect-soft': disconnectSoft,
  'disconnect-deadline': disconnectDeadline,
  'disconnect-lag': disconnectLag,
  'disconnect-stalled': disconnectStalled,
  'pause-upstream': pauseUpstream,
  'shed-fattest': shedFattest,
} as const satisfies Record<string, SlowConsumerDefinition>;
