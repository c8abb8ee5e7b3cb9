/** Whether anybody is at the other end of a WebSocket. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../../src/core/clock.ts';
import { PeerWatch } from '../../../src/system/ws/peer-watch.ts';
import { until } from '../../helpers/system.ts';
import { RunningRelay } from './relay.ts';

const EVERY_MS = 1000;

/** A connection by hand; `ends` plays it and answers when its peer is given up, or `undefined`. */
function connection() {
  const scene = { bytesRead: 0, bytesWritten: 0, isPaused: false, isIdle: true, silentMs: 0, pings: 0 };
  const watch = new PeerWatch({
    socket: scene as unknown as Socket,
    inbound: scene,
    sink: Object.assign(scene, {
      writePing() {
        scene.pings++;
        scene.bytesWritten += 2;
      },
    }),
    silent: { silentNs: () => scene.silentMs * NS_PER_MS },
    pingEveryMs: EVERY_MS,
  });
  const ends = (forMs: number, change: (tMs: number) => void = () => {}): number | undefined => {
    for (let tMs = 0; tMs <= forMs; tMs += 50) {
      change(tMs);
      if (watch.look(tMs * NS_PER_MS)) return tMs;
    }
    return undefined;
  };
  return { scene, watch, ends };
}

describe('a peer that is gone', () => {
  it('is given up after two intervals in which nothing comes, and pinged once in between', () => {
    const { scene, ends } = connection();
    expect(ends(10_000)).toBe(2 * EVERY_MS);
    expect(scene.pings).toBe(1);
  });

  it('is given up by what the kernel sees while events are written all the time', () => {
    const { scene, ends } = connection();
    const end = ends(10_000, (tMs) => {
      scene.bytesWritten += 100;
      scene.silentMs = tMs;
    });
    expect(end).toBe(2 * EVERY_MS);
    expect(scene.pings).toBe(0);
  });
});

describe('a peer that is there', () => {
  it('answers each ping, and one is sent for each interval of silence', () => {
    const { scene, ends } = connection();
    const end = ends(10_500, () => {
      scene.bytesRead = 6 * scene.pings;
    });
    expect(end).toBeUndefined();
    expect(scene.pings).toBe(10);
  });

  it.each<[string, (scene: ReturnType<typeof connection>['scene']) => void]>([
    ['gets events', (scene) => scene.bytesWritten++],
    ['sends messages', (scene) => scene.bytesRead++],
  ])('is not pinged while it %s', (_, change) => {
    const { scene, ends } = connection();
    expect(ends(10_000, () => change(scene))).toBeUndefined();
    expect(scene.pings).toBe(0);
  });

  it('has its time for an answer also where this machine slept meanwhile', () => {
    const { scene, watch } = connection();
    for (const tMs of [0, 250, 500, 750, 1000, 1100]) expect(watch.look(tMs * NS_PER_MS)).toBe(false);
    expect(scene.pings).toBe(1);
    expect(watch.look(3_600_000 * NS_PER_MS)).toBe(false);
    scene.bytesRead += 6; // the answer is read only now
    expect(watch.look(3_600_250 * NS_PER_MS)).toBe(false);
  });

  it('is not judged while this side does not read, nor while it takes nothing', () => {
    for (const state of [{ isPaused: true }, { isIdle: false }]) {
      const { scene, ends } = connection();
      expect(ends(10_000, (tMs) => tMs === EVERY_MS + 500 && Object.assign(scene, state))).toBeUndefined();
      expect(scene.pings).toBe(1);
    }
  });
});

describe('a relay that pings', () => {
  it.each(['off', 'context'] as const)('keeps whoever answers (deflate: %s)', async (deflate) => {
    await using running = await RunningRelay.start({ settings: { pingEveryMs: 40, deflate } });
    const client = await running.open('/ws', { perMessageDeflate: deflate !== 'off' });
    let pings = 0;
    client.ws.on('ping', () => pings++);
    await until(() => pings >= 4, 'it is pinged four times');
    expect(client.closed).toBeUndefined();
    expect(running.sample().endedBySilence).toBe(0);
  });

  it('lets go of whoever does not, also where there is no TCP, and leaves nothing behind', async () => {
    await using running = await RunningRelay.start({ settings: { pingEveryMs: 40 } });
    const socket = await running.openRaw();
    socket.resume();
    await until(() => running.limit.open === 0, 'it is let go');
    expect(running.sample().endedBySilence).toBe(1);
    expect(running.tasks.open).toBe(0);
  });

  it('pings nobody where that is off', async () => {
    await using running = await RunningRelay.start({ settings: { pingEveryMs: null } });
    const socket = await running.openRaw();
    socket.resume();
    const echo = await running.open('/echo');
    for (let round = 0; round < 20; round++) {
      echo.send(String(round));
      await echo.hears(round + 1);
    }
    expect(running.limit.open).toBe(2);
  });

  it('leaves a dead-lock as it is: its peer answers, whatever the loop does', async () => {
    await using running = await RunningRelay.start({
      settings: { architecture: 'single-loop', force: true, replies: 20, pingEveryMs: 40 },
      strategy: 'block,capacity=2',
    });
    const client = await running.open();
    let pings = 0;
    client.ws.on('ping', () => pings++);
    client.send('{"seq":1}');
    await until(() => pings >= 3, 'it is pinged in the midst of it');
    expect(running.limit.open).toBe(1);
    await until(() => running.waits().some(({ who }) => who === 'ws 1 loop'), 'the loop waits for itself');
  });
});
