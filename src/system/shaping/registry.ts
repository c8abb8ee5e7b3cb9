/** Every shaping stage, in the order of lists: one line each, specimens last. */
import ironstarBatch from './as-written/ironstar-batch.ts';
import ironstarDebounce from './as-written/ironstar-debounce.ts';
import shadowcatEvictUntimed from './as-written/shadowcat-evict-untimed.ts';
import batch from './batch.ts';
import debounce from './debounce.ts';
import dedupe from './dedupe.ts';
import distinct from './distinct.ts';
import pace from './pace.ts';
import sample from './sample.ts';
import type { ShapingDefinition } from './shaper.ts';
import throttleLatest from './throttle-latest.ts';
import tumbleCount from './tumble-count.ts';

export const SHAPERS = {
  debounce,
  'throttle-latest': throttleLatest,
  sample,
  batch,
  'tumble-count': tumbleCount,
  distinct,
  dedupe,
  pace,
  'as-written/ironstar-debounce': ironstarDebounce,
  'as-written/ironstar-batch': ironstarBatch,
  'as-written/shadowcat-evict-untimed': shadowcatEvictUntimed,
} as const satisfies Record<string, ShapingDefinition>;
