import { describe, expect, it } from 'vitest';
import { findWarnings } from '../../../src/system/strategies/legality.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { startSystem, until } from '../../helpers/system.ts';
import { accountOf, publishAll, subscribe } from './rig.ts';

const LARGE = { bytes: 30_000, batch: 1 };

/** What a slow client with events in its queue loses while another one catches up. */
async function lossBeside(strategy: string): Promise<Record<string, number>> {
  await using running = await startSystem({ strategies: { 'sse.client': strategy } });
  await publishAll(running, 40, LARGE);
  const queued = (): number => running.system.sample().boundaries['sse.client']?.ledger.queued ?? 0;
  using slow = await subscribe(running, { client: 'slow', isFrozen: true });
  while (queued() < 4) await publishAll(running, 1, LARGE);
  using other = await subscribe(running, { client: 'other', lastEventId: 0 });
  await until(() => other.ids.length >= 40, 'the other one has caught up');
  slow.socket.destroy();
  const { dropped } = await accountOf(running, 'slow');
  return dropped;
}

describe('one ring for the queues of all SSE clients', () => {
  it('loses what one has yet to take to the replay of another, where queues of their own lose nothing', async () => {
    expect(await lossBeside('drop-oldest,capacity=16')).toEqual({ 'disconnect.peer': expect.any(Number) });
    const { lag = 0 } = await lossBeside('ring-lag,capacity=16');
    expect(lag).toBeGreaterThanOrEqual(4);
  });

  it('is warned of, and the ring of the bus is not', () => {
    for (const ring of ['ring-lag', 'ring-gated']) {
      expect(findWarnings(parseStrategy(ring, 'sse.client'), 'sse.client').join()).toMatch(
        /the ring for all stands at sse\.bus/,
      );
      expect(findWarnings(parseStrategy(ring, 'sse.bus'), 'sse.bus')).toEqual([]);
    }
  });
});
