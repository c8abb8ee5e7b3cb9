import { describe, expect, it } from 'vitest';
import { MAX_STALLS_KEPT } from '../../../src/conductor/stalls/stall-book.ts';
import type { Stall } from '../../../src/core/record.ts';
import { MEMORY } from '../../../src/core/wait-names.ts';
import { History, STEP_MS } from './history.ts';

/** When something is noticed may be later than it was by as much as lies between two looks. */
const near = (ms: number) => expect.closeTo(ms, -Math.log10(2 * 2 * STEP_MS));

function found(history: History): Partial<Stall>[] {
  return history.finish().stalls.map(({ class: kind, boundary, startedMs, durationMs }) => ({
    class: kind,
    boundary,
    startedMs,
    durationMs,
  }));
}

/** Ten events a second go through `sse.client`. */
function deliver(history: History) {
  return (): void => {
    history.queue('sse.client').delivered += 2;
    history.group('fast').received += 2;
    history.scene.publish.due += 2;
    history.scene.publish.accepted += 2;
  };
}

/** One frozen reader holds the publisher, which holds everybody. */
function freezeUnderBlock(history: History): void {
  Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 16, waiters: 1 });
  history.scene.publish.pending = 5;
  history.wait('publisher', ['sse 3 writer'], 'sse.client');
  history.wait('sse 3 writer', ['peer of sse 3']);
}

describe('a stall is found', () => {
  it('cycle: one connection whose loop waits for itself, while all others go on', () => {
    const history = new History({ fast: 'sse', ws: 'ws' });
    history.play(2000, deliver(history));
    history.wait('ws 12 loop', ['ws 12 loop'], 'ws.outbound');
    history.play(7000, deliver(history));
    const { stalls } = history.finish();
    expect(stalls).toEqual([
      {
        startedMs: 2000,
        durationMs: 7000,
        class: 'cycle',
        boundary: 'ws.outbound',
        path: 'ws',
        summary: 'ws 12 loop waits for room, which only ws 12 loop itself can bring about',
        waitsFor: [{ who: 'ws 12 loop', what: 'room', freedBy: ['ws 12 loop'], ageMs: 7000 }],
        cycle: ['ws 12 loop'],
      },
    ]);
  });

  it('cycle: an actor and a writer that wait for each other, since the later of the two', () => {
    const history = new History({ ws: 'ws' });
    history.wait('ws 1 actor', ['ws 1 writer'], 'ws.outbound');
    history.play(1000);
    history.wait('ws 1 writer', ['ws 1 actor'], 'ws.mailbox');
    history.play(6000);
    expect(history.finish().stalls).toMatchObject([
      { class: 'cycle', startedMs: 1000, durationMs: 6000, cycle: ['ws 1 actor', 'ws 1 writer'] },
    ]);
  });

  it('cycle: twice for two connections, and once for each however long it lasts', () => {
    const history = new History({ ws: 'ws' });
    history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
    history.wait('ws 2 loop', ['ws 2 loop'], 'ws.outbound');
    history.play(60_000);
    expect(found(history)).toHaveLength(2);
  });

  it('cycle: it ends with its connection', () => {
    const history = new History({ ws: 'ws' });
    history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
    history.play(8000);
    history.scene.waits = [];
    history.play(8000);
    expect(found(history)).toEqual([
      { class: 'cycle', boundary: 'ws.outbound', startedMs: 0, durationMs: near(8000) },
    ]);
  });

  it('blocked-loop: a process that is stopped', () => {
    const history = new History({ fast: 'sse' });
    history.play(2000, deliver(history));
    history.scene.isSilent = true;
    history.scene.process = { state: 'T', cpuMs: 100 };
    history.play(6000);
    history.scene.isSilent = false;
    history.play(3000, deliver(history));
    const { stalls } = history.finish();
    expect(stalls).toMatchObject([
      { class: 'blocked-loop', startedMs: 2000, durationMs: near(6000), boundary: null, path: null },
    ]);
    expect(stalls[0]?.summary).toContain('it is stopped, by a signal or a debugger');
  });

  it.each([
    ['R', 1, 'its event loop computes and does not turn (100 % of a core meanwhile)'],
    ['R', 0.1, 'its event loop computes and does not turn (10 % of a core meanwhile)'],
    ['S', 0, 'its event loop is held inside a call that does not return (0 % of a core meanwhile)'],
    ['D', 0.01, 'its event loop is held in the kernel'],
  ])('blocked-loop: says what a process in state %s with %d cores does', (state, share, words) => {
    const history = new History({ fast: 'sse' });
    history.play(1000, deliver(history));
    history.scene.isSilent = true;
    history.play(6000, (scene) => {
      scene.process = { state, cpuMs: share * scene.tMs };
    });
    expect(history.finish().stalls[0]?.summary).toContain(words);
  });

  it('zero-window: a frozen reader that holds the publisher, named at the end of the line', () => {
    const history = new History({ fast: 'sse' });
    history.play(2000, deliver(history));
    freezeUnderBlock(history);
    history.play(7000);
    const { stalls } = history.finish();
    expect(stalls).toMatchObject([
      {
        class: 'zero-window',
        boundary: 'sse.client',
        path: 'sse',
        startedMs: near(2000),
        durationMs: near(7000),
      },
    ]);
    expect(stalls[0]?.waitsFor.map(({ who }) => who)).toEqual(['publisher', 'sse 3 writer']);
    expect(stalls[0]?.summary).toMatch(/peer of sse 3 takes nothing$/);
  });

  it('zero-window: without a word of who waits, by what was handed over and not taken', () => {
    const history = new History({ fast: 'sse' });
    history.play(2000, deliver(history));
    freezeUnderBlock(history);
    history.scene.waits = [];
    history.play(7000);
    expect(history.finish().stalls).toMatchObject([{ class: 'zero-window', boundary: 'sse.client' }]);
  });

  it('zero-window: at the boundary nearest to whoever holds up all the others, once', () => {
    const history = new History({ fast: 'sse' });
    history.wait('publisher', ['sse 3 forwarder'], 'sse.bus');
    history.wait('sse 3 forwarder', ['sse 3 writer'], 'sse.client');
    history.wait('sse 3 writer', ['peer of sse 3']);
    Object.assign(history.queue('sse.bus'), { queued: 256, waiters: 1 });
    Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 9, waiters: 1 });
    history.scene.publish.pending = 9;
    history.play(7000);
    expect(history.finish().stalls).toMatchObject([{ class: 'zero-window', boundary: 'sse.client' }]);
  });

  it('zero-window: both sides of WebSockets that send and never read', () => {
    const history = new History({ ws: 'ws' });
    Object.assign(history.queue('ws.outbound'), { queued: 100, inFlight: 50, waiters: 64 });
    history.wait('ws 1 reader', ['ws 1 writer'], 'ws.outbound');
    history.wait('ws 1 writer', ['peer of ws 1']);
    Object.assign(history.group('ws'), { due: 500, pending: 400, received: 100 });
    history.play(7000, () => history.group('ws').due++);
    expect(history.finish().stalls).toMatchObject([{ class: 'zero-window', boundary: 'ws.outbound' }]);
  });

  it('zero-window: of two, if readers went on between them', () => {
    const history = new History({ fast: 'sse' });
    freezeUnderBlock(history);
    history.play(6000);
    history.play(3000, deliver(history));
    history.play(6000);
    expect(history.finish().stalls).toHaveLength(2);
  });

  it('zero-window: though publishers are turned away meanwhile', () => {
    const history = new History({ fast: 'sse' });
    freezeUnderBlock(history);
    history.play(7000, ({ publish }) => publish.due++);
    expect(history.finish().stalls).toHaveLength(1);
  });

  it('once, where the publisher of two paths waits for something that is on neither', () => {
    const history = new History({ fast: 'sse', ws: 'ws' });
    history.scene.publish.pending = 9;
    history.wait('publisher', ['event store']);
    history.play(7000);
    expect(history.finish().stalls).toMatchObject([{ class: 'lost-wake-up', boundary: null, path: null }]);
  });

  it('lost-wake-up: work is queued, producers wait, and whoever should take waits for nothing', () => {
    const history = new History({ proxy: 'proxy' });
    Object.assign(history.queue('proxy.events'), { queued: 256, waiters: 40 });
    Object.assign(history.group('proxy'), { due: 50, pending: 40 });
    history.wait('request 7', ['consumer of proxy.events'], 'proxy.events');
    history.play(7000);
    const { stalls } = history.finish();
    expect(stalls).toMatchObject([{ class: 'lost-wake-up', boundary: 'proxy.events', path: 'proxy' }]);
    expect(stalls[0]?.summary).toMatch(/consumer of proxy.events waits for nothing and does not move$/);
  });

  it('lost-wake-up: a queue that nobody takes from though nobody waits, also when nothing comes any more', () => {
    const history = new History({ fast: 'sse' });
    history.play(1000, deliver(history));
    history.queue('sse.client').queued = 3;
    history.scene.phase = null;
    history.play(7000);
    expect(history.finish().stalls).toMatchObject([{ class: 'lost-wake-up', boundary: 'sse.client' }]);
  });

  it('lost-wake-up: also beside a connection of another path whose peer takes nothing', () => {
    const history = new History({ proxy: 'proxy', ws: 'ws' });
    history.wait('ws 1 writer', ['peer of ws 1']);
    history.queue('proxy.events').queued = 3;
    const { stalls } = history.play(7000).finish();
    expect(stalls).toMatchObject([{ class: 'lost-wake-up', boundary: 'proxy.events' }]);
  });

  it('lost-wake-up: of a connection by its name, on the path of that connection', () => {
    const history = new History({ fast: 'sse', ws: 'ws' });
    history.scene.publish.pending = 9;
    history.wait('ws 1 reader', ['ws 1 actor']);
    const { stalls } = history.play(7000).finish();
    expect(stalls).toMatchObject([{ class: 'lost-wake-up', path: 'ws' }]);
    expect(stalls[0]?.summary).toMatch(/^nothing went on at ws for/);
  });

  it('as what it was found first, though more is known later', () => {
    const history = new History({ fast: 'sse' });
    Object.assign(history.queue('sse.client'), { queued: 64, waiters: 1 });
    history.scene.publish.pending = 5;
    history.play(7000);
    history.queue('sse.client').inFlight = 5;
    history.play(2000);
    expect(found(history)).toMatchObject([{ class: 'lost-wake-up', durationMs: near(9000) }]);
  });

  it('once where a cycle explains why nothing goes on', () => {
    const history = new History({ ws: 'ws' });
    history.scene.publish.pending = 9;
    Object.assign(history.group('ws'), { due: 9, pending: 9 });
    history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
    history.wait('publisher', ['ws 1 subscription']);
    history.wait('ws 1 subscription', ['ws 1 loop'], 'ws.outbound');
    expect(found(history.play(9000))).toMatchObject([{ class: 'cycle' }]);
  });

  it('beside a cycle: who is held up by a peer of his own', () => {
    const history = new History({ ws: 'ws' });
    Object.assign(history.group('ws'), { due: 9, pending: 9 });
    history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
    history.wait('ws 2 reader', ['ws 2 writer'], 'ws.outbound');
    history.wait('ws 2 writer', ['peer of ws 2']);
    const { stalls } = history.play(9000).finish();
    expect(stalls).toMatchObject([
      { class: 'cycle', cycle: ['ws 1 loop'] },
      { class: 'zero-window', waitsFor: [{ who: 'ws 2 reader' }, { who: 'ws 2 writer' }] },
    ]);
  });

  it('zero-window: of those who wait for memory, by whoever holds it and is not taken from', () => {
    const history = new History({ ws: 'ws', slow: 'sse' });
    Object.assign(history.group('ws'), { due: 9, pending: 9 });
    history.wait('sse 3 writer', ['peer of sse 3'], 'sse.client');
    history.wait('ws 1 loop', [], null, MEMORY);
    const { stalls } = history.play(7000).finish();
    expect(stalls).toMatchObject([{ class: 'zero-window', path: 'ws' }]);
    expect(stalls[0]?.summary).toContain(
      'ws 1 loop waits for memory; sse 3 writer waits for room, which depends on peer of sse 3; peer of sse 3 takes nothing',
    );
  });

  it('of those who wait for memory that nobody gives back, without a name', () => {
    const history = new History({ ws: 'ws' });
    Object.assign(history.group('ws'), { due: 9, pending: 9 });
    history.wait('ws 1 reader', [], null, MEMORY);
    const { stalls } = history.play(7000).finish();
    expect(stalls).toMatchObject([{ class: 'lost-wake-up', path: 'ws' }]);
    expect(stalls[0]?.summary).toMatch(/ws 1 reader waits for memory, and nobody gives any back$/);
  });

  it('and goes on while the process says nothing: one of each, not two', () => {
    const history = new History({ ws: 'ws' });
    history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
    history.play(6000);
    history.scene.isSilent = true;
    history.play(7000);
    history.scene.isSilent = false;
    history.play(3000);
    expect(found(history)).toEqual([
      { class: 'cycle', boundary: 'ws.outbound', startedMs: 0, durationMs: near(16_000) },
      { class: 'blocked-loop', boundary: null, startedMs: 6000, durationMs: near(7000) },
    ]);
  });

  it('and is counted where there are too many to tell', () => {
    const history = new History({ ws: 'ws' });
    for (let at = 0; at < 3 * MAX_STALLS_KEPT; at++)
      history.wait(`ws ${at} loop`, [`ws ${at} loop`], 'ws.outbound');
    const { stalls, untold } = history.play(7000).finish();
    expect(stalls).toHaveLength(MAX_STALLS_KEPT);
    expect(untold).toBe(2 * MAX_STALLS_KEPT);
  });

  it('after the time that the run allows, and not before', () => {
    const countAfter = (ms: number) => {
      const history = new History({ ws: 'ws' }, { stallAfterMs: 2000 });
      history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
      return history.play(ms).finish().stalls.length;
    };
    expect([countAfter(1750), countAfter(2000)]).toEqual([0, 1]);
  });
});

describe('no stall is', () => {
  const silent: [string, (history: History) => void][] = [
    ['nothing to do at all', (history) => void history.play(30_000)],
    [
      'a phase without load after one with',
      (history) => void history.play(2000, deliver(history)).play(30_000),
    ],
    [
      'a slow consumer that loses events',
      (history) => {
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20 });
        history.play(30_000, () => {
          history.queue('sse.client').dropped += 10;
          history.scene.publish.accepted += 10;
        });
      },
    ],
    [
      'a frozen reader under a dropping strategy while others go on',
      (history) => {
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20 });
        history.play(30_000, deliver(history));
      },
    ],
    [
      'a frozen reader all alone, whose queue stands full without anybody waiting for it',
      (history) => {
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20 });
        history.play(30_000);
      },
    ],
    [
      'a forwarder that waits for its own frozen reader while publishers are served',
      (history) => {
        history.wait('sse 3 forwarder', ['sse 3 writer'], 'sse.client');
        history.wait('sse 3 writer', ['peer of sse 3']);
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20, waiters: 1 });
        history.play(30_000, ({ publish }) => {
          publish.due++;
          publish.accepted++;
          publish.pending = 1;
        });
      },
    ],
    [
      'the same in a phase without load',
      (history) => {
        history.wait('sse 3 forwarder', ['sse 3 writer'], 'sse.client');
        history.wait('sse 3 writer', ['peer of sse 3']);
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20, waiters: 1 });
        Object.assign(history.queue('sse.bus'), { queued: 200 });
        history.play(30_000);
      },
    ],
    [
      'a writer whose frozen peer takes nothing, under a strategy that drops, while a publisher waits for the store',
      (history) => {
        history.wait('sse 3 writer', ['peer of sse 3']);
        Object.assign(history.queue('sse.client'), { queued: 64, inFlight: 20 });
        history.scene.publish.pending = 1;
        history.play(30_000);
      },
    ],
    [
      'a slow reader under block: little comes through, but it comes',
      (history) => {
        freezeUnderBlock(history);
        history.play(30_000, ({ tMs }) => {
          if (tMs % 4000 === 0) history.group('fast').received++;
        });
      },
    ],
    [
      'a reader of the last phase that stops reading once the load is over',
      (history) => {
        history.play(2000, deliver(history));
        history.scene.phase = null;
        history.play(500, deliver(history));
        freezeUnderBlock(history);
        history.play(20_000);
      },
    ],
    [
      'a drain at the consumers’ pace',
      (history) => {
        history.scene.phase = null;
        history.scene.publish.pending = 3;
        Object.assign(history.queue('sse.client'), { queued: 60, inFlight: 1, waiters: 1 });
        history.play(20_000, ({ tMs }) => {
          if (tMs % 2000 === 0) history.queue('sse.client').delivered++;
        });
      },
    ],
    [
      'a request that upstream takes long to answer',
      (history) => {
        Object.assign(history.group('proxy'), { due: 64, pending: 64 });
        Object.assign(history.queue('proxy.requests'), { inFlight: 64 });
        history.play(30_000);
      },
    ],
    [
      'requests that wait for one another’s turn while some are answered',
      (history) => {
        Object.assign(history.group('proxy'), { due: 500, pending: 300 });
        Object.assign(history.queue('proxy.requests'), { queued: 200, inFlight: 64 });
        history.wait('request 7', ['request 3'], 'proxy.requests');
        history.play(30_000, () => history.queue('proxy.requests').delivered++);
      },
    ],
    [
      'replies that a strategy dropped and the client still hopes for',
      (history) => {
        Object.assign(history.group('ws'), { due: 50, pending: 20 });
        history.play(30_000);
      },
    ],
    [
      'a long wait that somebody at work will end',
      (history) => {
        history.wait('ws 1 actor', ['ws 1 writer'], 'ws.outbound');
        history.play(30_000);
      },
    ],
    [
      'a ring of waits with a helper outside of it',
      (history) => {
        history.wait('publisher', ['sse 1 writer', 'sse 2 writer'], 'sse.client');
        history.wait('sse 1 writer', ['publisher']);
        history.play(30_000);
      },
    ],
    [
      'a line of short waits, each over before long',
      (history) => {
        history.play(30_000, (scene) => {
          if (scene.tMs % 4000 !== 0) return;
          scene.waits = [];
          history.wait('ws 1 loop', ['ws 1 loop'], 'ws.outbound');
        });
      },
    ],
    [
      'a process that is slow to speak, again and again',
      (history) => {
        history.play(30_000, (scene) => {
          deliver(history)();
          scene.isSilent = scene.tMs % 4500 !== 0;
        });
      },
    ],
    [
      'the silence while nobody listens: the conductor itself was away',
      (history) => {
        history.play(2000, deliver(history));
        history.scene.isSilent = true;
        history.skip(20_000).play(1000);
        history.scene.isSilent = false;
        history.play(2000, deliver(history));
      },
    ],
    [
      'what stood still only while nobody looked',
      (history) => {
        freezeUnderBlock(history);
        history.play(3000).skip(20_000).play(3000);
        history.scene.waits = [];
        history.queue('sse.client').waiters = 0;
        history.play(5000, deliver(history));
      },
    ],
    [
      'what stood still while the process was silent for a while',
      (history) => {
        freezeUnderBlock(history);
        history.play(3000);
        history.scene.isSilent = true;
        history.play(4500);
        history.scene.isSilent = false;
        history.play(3000);
      },
    ],
    [
      'a cycle that has only just closed behind somebody who has waited for long',
      (history) => {
        Object.assign(history.group('ws'), { due: 9, pending: 9 });
        history.wait('ws 1 actor', ['ws 1 writer'], 'ws.outbound');
        history.play(4500);
        history.wait('ws 1 writer', ['ws 1 actor'], 'ws.mailbox');
        history.play(4500);
      },
    ],
    [
      'a process that is silent while nobody is connected or asks for anything',
      (history) => {
        for (const group of Object.values(history.scene.groups)) group.open = 0;
        history.scene.isSilent = true;
        history.play(30_000);
      },
    ],
  ];

  it.each(silent)('%s', (_, play) => {
    const history = new History({ fast: 'sse', ws: 'ws', proxy: 'proxy' });
    play(history);
    expect(history.finish()).toEqual({ stalls: [], untold: 0 });
  });

  it('what a strategy holds back on purpose', () => {
    const play = (holding: boolean) => {
      const history = new History(
        { fast: 'sse' },
        { holding: new Set(holding ? (['sse.client'] as const) : []) },
      );
      history.queue('sse.client').queued = 3;
      return history.play(20_000).finish().stalls.length;
    };
    expect([play(true), play(false)]).toEqual([0, 1]);
  });

  it('a step that is meant to take long', () => {
    const play = (patienceMs: number) => {
      const history = new History(
        { fast: 'sse' },
        { patienceMs: { sse: patienceMs, ws: 5000, proxy: 5000 } },
      );
      freezeUnderBlock(history);
      return history.play(20_000).finish().stalls.length;
    };
    expect([play(25_000), play(5000)]).toEqual([0, 1]);
  });
});
