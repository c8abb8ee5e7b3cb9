/** W-21: a heavy periodic job freezes everything where it computes, and nothing where it awaits, however often. */
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ChainSettings } from '../../src/core/plan.ts';
import { startSystem, until } from '../helpers/system.ts';

const JOB_MS = 400;
const JOBS = 2;

/** The slowest health check while a client causes the job again and again, and what the loop's own probe says. */
async function slowestCheck(inbound: ChainSettings): Promise<{ checkMs: number; loopMs: number }> {
  await using running = await startSystem({ settings: { ws: { inbound } } });
  const ws = new WebSocket(running.addresses.wsUrl);
  let done = 0;
  ws.on('open', () => ws.send('{"seq":0}'));
  ws.on('message', () => {
    if (++done < JOBS) ws.send(`{"seq":${done}}`);
  });
  let isOver = false;
  const ended = until(() => done === JOBS, 'the jobs are done').then(() => {
    isOver = true;
  });
  let checkMs = 0;
  while (!isOver) {
    const startMs = performance.now();
    await (await fetch(running.addresses.healthUrl)).text();
    checkMs = Math.max(checkMs, performance.now() - startMs);
  }
  await ended;
  ws.terminate();
  return { checkMs, loopMs: running.system.sample().loop.delayMaxMs };
}

describe('a heavy periodic job (W-21)', () => {
  it('freezes health checks for as long as it computes; a hundred awaits of the same time do not', async () => {
    const computed = await slowestCheck({ middlewares: 1, workMs: JOB_MS, work: 'compute' });
    const awaited = await slowestCheck({ middlewares: 100, workMs: JOB_MS, work: 'await' });
    expect(computed.checkMs).toBeGreaterThan(0.8 * JOB_MS);
    expect(computed.loopMs).toBeGreaterThan(0.8 * JOB_MS);
    expect(awaited.checkMs).toBeLessThan(computed.checkMs / 2);
  });
});
