import { describe, expect, it } from 'vitest';
import { applySets } from '../../src/scenarios/set-path.ts';

const document = () => ({
  system: { resources: { maxConnections: 5 } },
  clients: [{ name: 'sse slow', path: 'sse' }],
  phases: [
    { name: 'baseline', duration: '1s' },
    { name: 'burst', duration: '2s', publish: '5/s' },
  ],
});

function set(...texts: string[]) {
  const raw = document();
  return { ...applySets(raw, texts), raw };
}

describe('applySets', () => {
  it.each(['phases.burst.duration=5s', 'phases.1.duration=5s', 'phases[1].duration = 5s'])('%s', (text) => {
    const { raw, applied, problems } = set(text);
    expect(problems).toEqual([]);
    expect(applied).toEqual([{ text, path: ['phases', 1, 'duration'] }]);
    expect(raw).toEqual({
      ...document(),
      phases: [document().phases[0], { ...document().phases[1], duration: '5s' }],
    });
  });

  it('finds groups by name, makes missing maps, reads values as YAML, and lets the last one win', () => {
    const { raw, problems } = set(
      'clients.sse slow.read=1KiB/s',
      'system.consumer.serviceTime=5ms',
      'boundary=[sse.client]',
      'phases.0.publish={burst: 5, every: 1s}',
      'seed=1',
      'seed=2',
      'checks=[p99 <= 5ms]',
    );
    expect(problems).toEqual([]);
    expect(raw).toEqual({
      system: { resources: { maxConnections: 5 }, consumer: { serviceTime: '5ms' } },
      clients: [{ name: 'sse slow', path: 'sse', read: '1KiB/s' }],
      phases: [
        { name: 'baseline', duration: '1s', publish: { burst: 5, every: '1s' } },
        { name: 'burst', duration: '2s', publish: '5/s' },
      ],
      boundary: ['sse.client'],
      seed: 2,
      checks: ['p99 <= 5ms'],
    });
  });

  it('knows the notes’ spellings', () => {
    expect(set('system.resources.max_connections=9').raw).toMatchObject({
      system: { resources: { maxConnections: 9 } },
    });
  });

  it.each([
    ['duration', "expected path=value such as phases.burst.duration=5s, got 'duration'"],
    ['=5', 'expected path=value'],
    ['phases..duration=5s', 'expected names with single dots between them'],
    ['phases.brust.duration=5s', "phases has no entry named 'brust'; did you mean burst?"],
    ['phases.zzzzzz.duration=5s', "phases has no entry named 'zzzzzz'; known are baseline, burst"],
    ['phases.2.duration=5s', 'phases has no entry 2; expected 0 to 1'],
    ['phases.burst.publish.to=5/s', 'phases.burst.publish is no map; write phases.burst.publish={to: …}'],
    ['__proto__.x=1', "key '__proto__' is not allowed"],
    ['seed=[1', "expected a value such as 5s, 10 or [a, b], got '[1'"],
  ])('%s is refused and changes nothing', (text, message) => {
    const { raw, applied, problems } = set(text);
    expect(applied).toEqual([]);
    expect(problems).toEqual([{ text, message: expect.stringContaining(message) }]);
    expect(raw).toEqual(document());
  });
});
