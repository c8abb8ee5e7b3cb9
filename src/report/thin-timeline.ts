import type { TimelineRow } from './timeline-row.ts';

const MAX_ROWS = 1000;

/** Every row, or every second, fourth … one: at most 1,000, the same ones that a run keeps in memory as it goes. */
export function thinTimeline(timeline: readonly TimelineRow[]): readonly TimelineRow[] {
  let keepEvery = 1;
  while (timeline.length > MAX_ROWS * keepEvery) keepEvery *= 2;
  return timeline.filter((_, index) => index % keepEvery === 0);
}
