/** What happens when a source that does not react begins to send more than is served, in virtual time. */
import type { AqmMaking } from '../scheduling/queue.ts';
import { simulate } from '../scheduling/simulate.ts';

const SEC = 1e9;

export interface Transient {
  readonly peakItems: number;
  readonly peakSec: number;
  readonly endItems: number;
  /** Dropped in the last second. */
  readonly lastSecondDrops: number;
}

/** `excess` items per second above the 1000 that are served, evenly, for `seconds`. */
export function playTransient(aqm: AqmMaking, excess: number, seconds: number): Transient {
  let peakItems = 0;
  let peakNs = 0;
  let nowNs = 0;
  let lastSecondDrops = 0;
  const gapNs = SEC / (1000 + excess);
  const channel = simulate(
    {
      aqm,
      channel: {
        onEnd: (_job, end) => {
          if (end === 'dropped' && nowNs > (seconds - 1) * SEC) lastSecondDrops++;
        },
      },
    },
    {
      gapNs: () => gapNs,
      arrive: (id) => ({ id, class: 1, flow: 0, size: 1 }),
      serviceNs: () => SEC / 1000,
      untilNs: seconds * SEC,
    },
    {
      onChange: (queue, atNs) => {
        nowNs = atNs;
        if (queue.depthItems <= peakItems) return;
        peakItems = queue.depthItems;
        peakNs = atNs;
      },
    },
  );
  return { peakItems, peakSec: peakNs / SEC, endItems: channel.depthItems, lastSecondDrops };
}
