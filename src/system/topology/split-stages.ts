/** Which stages stand at which of two queues in series. */
import type { ChannelStages } from '../channel/stages.ts';

/** What decides about arriving items; old ones are let go in both queues. */
export function stagesBefore<T>(stages: ChannelStages<T> = {}): ChannelStages<T> {
  const { admission, shapers, ttlMs, indices } = stages;
  return {
    ...(admission === undefined ? {} : { admission }),
    ...(shapers === undefined ? {} : { shapers }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
    ...(indices === undefined ? {} : { indices }),
  };
}

/** What decides about items that are to leave, and what watches their consumer. */
export function stagesAfter<T>(stages: ChannelStages<T> = {}): ChannelStages<T> {
  const { admission: _admission, shapers: _shapers, ...rest } = stages;
  return rest;
}
