import { describe, expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import { peerOf } from '../../../src/core/wait-names.ts';
import { WaitGraph, whileWaiting } from '../../../src/system/resources/wait-graph.ts';

function createGraph() {
  const clock = createVirtualClock();
  const graph = new WaitGraph(clock);
  return { graph, advance: (ms: number) => clock.advanceNs(ms * NS_PER_MS) };
}

const wait = (who: string) => ({ who, what: 'room', freedBy: ['x'], boundary: null });

describe('wait graph', () => {
  it('tells of what has lasted, the longest first', () => {
    const { graph, advance } = createGraph();
    graph.begin(wait('first'));
    advance(300);
    graph.begin(wait('second'));
    advance(250);
    graph.begin(wait('third'));
    advance(249);
    expect(graph.sample().map(({ who, ageMs }) => [who, ageMs])).toEqual([
      ['first', 799],
      ['second', 499],
    ]);
  });

  it('counts a wait that begins again from then on', () => {
    const { graph, advance } = createGraph();
    const again = wait('again');
    graph.begin(again);
    graph.begin(wait('other'));
    advance(1000);
    graph.begin(again);
    advance(300);
    expect(graph.sample().map(({ who, ageMs }) => [who, ageMs])).toEqual([
      ['other', 1300],
      ['again', 300],
    ]);
    graph.end(again);
    expect(graph.size).toBe(1);
  });

  it('tells of 200 at most', () => {
    const { graph, advance } = createGraph();
    for (let at = 0; at < 500; at++) graph.begin(wait(`w${at}`));
    advance(1000);
    expect(graph.sample()).toHaveLength(200);
  });

  it('tells who waits inside however many wait for their peers, and for longer', () => {
    const { graph, advance } = createGraph();
    for (let at = 0; at < 500; at++)
      graph.begin({ ...wait(`ws ${at} writer`), freedBy: [peerOf(`ws ${at}`)] });
    advance(1000);
    graph.begin(wait('ws 501 loop'));
    advance(1000);
    const told = graph.sample().map(({ who }) => who);
    expect(told).toHaveLength(201);
    expect(told).toContain('ws 501 loop');
  });
});

describe('whileWaiting', () => {
  it('tells of the wait until the promise is kept, and answers as it does', async () => {
    const { graph, advance } = createGraph();
    const { promise, resolve } = Promise.withResolvers<string>();
    const answer = whileWaiting(graph, wait('a'), promise);
    advance(500);
    expect(graph.sample()).toMatchObject([{ who: 'a', ageMs: 500 }]);
    resolve('queued');
    expect(await answer).toBe('queued');
    expect(graph.size).toBe(0);
  });

  it('ends the wait when the promise is broken, and breaks as it does', async () => {
    const { graph } = createGraph();
    const broken = new Error('closed');
    await expect(whileWaiting(graph, wait('a'), Promise.reject(broken))).rejects.toBe(broken);
    expect(graph.size).toBe(0);
  });

  it('keeps two apart that use the same words', async () => {
    const { graph } = createGraph();
    const same = wait('a');
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = whileWaiting(graph, same, promise);
    const second = whileWaiting(graph, same, Promise.resolve());
    await second;
    expect(graph.size).toBe(1);
    resolve();
    await first;
    expect(graph.size).toBe(0);
  });

  it('leaves nothing behind after ten thousand waits', async () => {
    const { graph } = createGraph();
    const ends = Array.from({ length: 10_000 }, (_, at) =>
      whileWaiting(graph, wait(`w${at}`), at % 2 === 0 ? Promise.resolve() : Promise.reject(new Error('no'))),
    );
    await Promise.allSettled(ends);
    expect(graph.size).toBe(0);
  });
});
