/** What survives when far more is told than anybody takes. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import type { OverflowPolicy } from '../../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../../src/system/overflow/registry.ts';
import type { SystemEventType } from '../../../src/system/proxy/lifecycle-event.ts';
import { FACTS, Rig } from './rig.ts';

const CRITICAL: readonly SystemEventType[] = ['fatal', 'process-signaled', 'process-exited', 'proxy-stopped'];

const BY_CLASS = Object.values<OverflowPolicy>(OVERFLOW_POLICIES)
  .filter(
    ({ effects, specimen }) => effects.readsClass === true && effects.drops === true && specimen !== true,
  )
  .map(({ name }) => name);

async function flood(rig: Rig, seed: number) {
  const random = createRandom(seed, 'flood');
  rig.atRate(600, 0, 5000, () => rig.request(1 + random.int(60)));
  rig.atRate(400, 0, 5000, (index) => rig.send(rig.sink.warn(`warning ${index}`)));
  rig.atRate(400, 0, 5000, (index) => rig.send(rig.sink.tell('process-stdout', { text: `line ${index}` })));
  rig.atRate(2, 0, 5000, (index) =>
    rig.send(rig.sink.tell(CRITICAL[index % CRITICAL.length] as SystemEventType, { text: `${index}` })),
  );
  await rig.runTo(30_000);
  const sample = rig.sink.sample();
  const { ledger, classes } = rig.events.sample();
  const told = CRITICAL.reduce((sum, type) => sum + (sample.told[type] ?? 0), 0);
  const received = CRITICAL.reduce((sum, type) => sum + (sample.screen.received[type] ?? 0), 0);
  const { integrity } = rig.sink;
  await rig.finish();
  return { sample, ledger, critical: classes[0], told, received, integrity };
}

describe('critical events survive every flood', () => {
  it('knows the strategies that drop by class', () => {
    expect(BY_CLASS).toEqual(['evict-lowest-priority', 'reserve']);
  });

  it.each([
    'evict-lowest-priority',
    'relay + evict-lowest-priority',
    'reserve,reserve=50%,reserveNormal=20%',
    'reserve,critical=block',
  ])('under %s', async (strategy) => {
    for (const seed of [1, 2, 3]) {
      const { critical, told, received, ledger, integrity } = await flood(new Rig({ strategy }), seed);
      expect({ dropped: critical?.dropped, failed: critical?.failed }).toEqual({ dropped: 0, failed: 0 });
      expect({ told, received }).toEqual({ told: 10, received: 10 });
      expect(integrity.pendingForever).toBe(0);
      expect(ledger.unaccounted).toBe(0);
    }
  });

  it('but not where ends of lost starts, which are normal, may fill the reserve; these then fail and are counted', async () => {
    const byEvent = await flood(new Rig({ strategy: 'reserve' }), 1);
    expect(byEvent.ledger.failed['overflow.reserve']).toBeGreaterThan(0);
    expect(byEvent.critical).toMatchObject({ dropped: 0 });
    const byRequest = await flood(new Rig({ strategy: 'reserve', lifecycle: { dropBy: 'request' } }), 1);
    expect(byRequest.critical).toMatchObject({ dropped: 0, failed: 0 });
    expect(byRequest.integrity.pendingForever).toBe(0);
  });

  it('and some are lost under drop-newest by event', async () => {
    const { critical } = await flood(new Rig({ strategy: 'drop-newest' }), 1);
    expect(critical?.dropped).toBeGreaterThan(0);
  });
});

describe('dropping by request', () => {
  it.each([
    'drop-newest',
    'drop-oldest',
    'evict-lowest-priority',
    'drop-newest,capacity=8',
    'drop-newest,bytes=4KiB',
  ])('keeps room for the end of every request that was shown, under %s', async (strategy) => {
    for (const seed of [1, 2, 3]) {
      const rig = new Rig({ strategy, lifecycle: { dropBy: 'request', previewBytes: 1000 } });
      const { sample, ledger, critical, told, received, integrity } = await flood(rig, seed);
      const { complete, unseen, summaryOnly, pendingForever } = integrity;
      expect({ summaryOnly, pendingForever, owed: sample.owedEnds }).toEqual({
        summaryOnly: 0,
        pendingForever: 0,
        owed: 0,
      });
      expect(complete + unseen).toBe(3000);
      expect(complete).toBeGreaterThan(0);
      expect(unseen).toBe(sample.givenUp);
      expect(critical?.dropped ?? 0).toBe(0);
      expect({ told, received }).toEqual({ told: 10, received: 10 });
      expect(rig.waitsMs).toEqual([]);
      expect(ledger.unaccounted).toBe(0);
    }
  });

  it('has no effect where producers wait', async () => {
    const rig = new Rig({ strategy: 'block', lifecycle: { dropBy: 'request' } });
    rig.atRate(300, 0, 2000, () => rig.request());
    await rig.runTo(30_000);
    expect(rig.waitsMs.length).toBeGreaterThan(100);
    expect(rig.sink.integrity).toEqual({ complete: 600, summaryOnly: 0, unseen: 0, pendingForever: 0 });
    await rig.finish();
  });
});

describe('the screen', () => {
  it('keeps the last 256 events and requests, and tunnels among the events alone', async () => {
    const rig = new Rig({ consumer: { serviceTimeMs: 0 } });
    for (let i = 0; i < 300; i++) {
      const story = rig.sink.begin(FACTS);
      story.start();
      if (i >= 10) story.finish(200);
    }
    rig.sink.begin({ ...FACTS, kind: 'connect', method: 'CONNECT' }).start();
    await rig.runTo(100);
    const { events, requests, pending } = rig.sink.sample().screen;
    // The ten that never ended are older than the last 256: they have left without a word.
    expect({ events, requests, pending }).toEqual({ events: 256, requests: 256, pending: 0 });
    await rig.finish();
    expect(rig.tasks.open).toBe(0);
    expect(rig.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes from both queues in turn', async () => {
    const rig = new Rig({ output: 'block', consumer: { serviceTimeMs: 10 } });
    for (let i = 0; i < 20; i++) {
      rig.sink.warn(`w${i}`);
      void rig.sink.tell('process-stdout', { text: `l${i}` });
    }
    await rig.runTo(205);
    expect(rig.sink.sample().screen.received).toEqual({ warn: 10, 'process-stdout': 10 });
    await rig.finish();
  });
});
