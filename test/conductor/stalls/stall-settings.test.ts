import { describe, expect, it } from 'vitest';
import { toStallSettings } from '../../../src/conductor/stalls/stall-settings.ts';
import { chooseStrategies } from '../../../src/conductor/strategies.ts';
import { resolvePlan } from '../../../src/scenarios/resolve.ts';
import { createScenarioSource } from '../../../src/scenarios/source.ts';

interface Setup {
  readonly at?: string[];
  readonly sets?: string[];
  readonly clients?: object[];
}

function settingsOf({ at = [], sets = [], clients = [{ name: 'sse', path: 'sse' }] }: Setup = {}) {
  const phases = [{ duration: '1s', connections: 1, publish: '1/s', event: '10KiB' }];
  const plan = resolvePlan(createScenarioSource({ clients, phases }), { seed: 1, sets });
  const [choice] = chooseStrategies([], at, plan.boundary, plan.system.ws).choices;
  if (choice === undefined) throw new Error('no strategy was chosen');
  return toStallSettings(plan, choice.byBoundary);
}

const patienceOf = (setup: Setup) => settingsOf(setup).patienceMs;

describe('what counts as a stall', () => {
  it('is five seconds without progress, and the origin’s own time on the way to it', () => {
    expect(settingsOf()).toMatchObject({
      stallAfterMs: 5000,
      patienceMs: { sse: 5000, ws: 5000, proxy: 5005 },
    });
    expect(patienceOf({ sets: ['stallAfter=2s', 'system.origin.serviceTime=10s'] })).toEqual({
      ...{ sse: 2000, ws: 2000, proxy: 12_000 },
    });
  });

  it('leaves a consumer the time that it is made to stand still or to work', () => {
    const sets = [
      'system.consumer.serviceTime=1s',
      'system.consumer.freeze=20s',
      'system.consumer.freezeEvery=60s',
      'system.store.write=3s',
    ];
    expect(patienceOf({ sets })).toEqual({ sse: 8000, ws: 8000, proxy: 26_005 });
  });

  it('leaves a slow reader the time for one event, and one that never reads none', () => {
    const reader = (read: string | number) => [{ name: 'slow', path: 'sse', read }];
    expect(patienceOf({ clients: reader('1KiB/s') }).sse).toBe(15_000);
    expect(patienceOf({ clients: reader(0) }).sse).toBe(5000);
  });

  it('leaves a strategy the time for which it holds items or producers, and others none', () => {
    expect(patienceOf({ at: ['sse.client=timeout,deadline=30s'] }).sse).toBe(35_000);
    expect(patienceOf({ at: ['sse.client=drop-oldest + ttl'] }).sse).toBe(5000);
    expect(patienceOf({ at: ['sse.client=block'] }).sse).toBe(5000);
  });

  it('does not expect anything to leave a queue that holds items back', () => {
    expect([...settingsOf({ at: ['sse.client=drop-oldest + debounce'] }).holding]).toEqual(['sse.client']);
    expect([...settingsOf({ at: ['sse.client=block'] }).holding]).toEqual([]);
  });
});
