/** Peers that go without a word are noticed and let go, on a network where they really do. */
import { describe, expect, it } from 'vitest';
import { type StartOptions, startSystem, until } from '../helpers/system.ts';
import { VanishingPeer, whyNoVanishingPeer } from '../helpers/vanishing-peer.ts';

/** Why they are skipped. */
const why = whyNoVanishingPeer();

const EVENTS = 'GET /events?client=gone HTTP/1.1\r\nHost: x\r\n\r\n';
const SOCKET =
  'GET /ws?client=gone HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

/** A connected peer, and the system that it is connected to. */
async function connect(request: string, settings: StartOptions['settings']) {
  const peer = await VanishingPeer.start();
  const running = await startSystem({ host: peer.host, settings: { ...settings, store: { mode: 'none' } } });
  peer.connect(Number(new URL(running.addresses.sseUrl).port), request);
  await until(() => peer.heard.includes('\r\n\r\n'), 'it is connected');
  const { sse, ws } = running.system.sample().connections;
  expect(sse.open + ws.open).toBe(1);
  const open = (): number => {
    const { connections } = running.system.sample();
    return connections.sse.open + connections.ws.open;
  };
  return {
    peer,
    running,
    open,
    async publish() {
      const response = await fetch(running.addresses.publishUrl, { method: 'POST', body: 'event' });
      await response.arrayBuffer();
    },
    /** The time until it is let go. */
    async untilGone(withinMs: number): Promise<number> {
      const startMs = performance.now();
      await until(() => open() === 0, 'it is let go', withinMs);
      return performance.now() - startMs;
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      peer[Symbol.dispose]();
    },
  };
}

// Only Linux has such networks, and only root may make them: elsewhere it is skipped, with the reason in its name.
(why === null ? describe.concurrent : describe.skip)(
  `a peer that vanishes${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    it('of an idle SSE stream: within the write deadline of the first keep-alive that it does not answer', async () => {
      await using one = await connect(EVENTS, { sse: { keepAliveMs: 200, writeDeadlineMs: 1500 } });
      await until(() => one.peer.heard.includes(': keep-alive\n\n'), 'it hears');
      one.peer.vanish();
      const tookMs = await one.untilGone(15_000);
      expect(tookMs).toBeGreaterThan(1500);
      expect(one.running.system.takeAccounts()).toMatchObject([{ clientId: 'gone', endedCleanly: false }]);
    });

    it('of an SSE stream with events, though the kernel takes them all', async () => {
      await using one = await connect(EVENTS, { sse: { writeDeadlineMs: 1500 } });
      one.peer.vanish();
      for (let sent = 0; sent < 10; sent++) await one.publish();
      await one.untilGone(15_000);
      expect(one.running.system.sample().sse?.endedByDeadline).toBe(1);
    });

    it('of an idle WebSocket: within two ping intervals; before, it is there for ever', async () => {
      await using one = await connect(SOCKET, { ws: { pingEveryMs: 600 } });
      await until(() => one.peer.heard.split('\x89\0').length > 3, 'it is pinged and answers, three times');
      expect(one.open()).toBe(1);
      one.peer.vanish();
      await one.untilGone(15_000);
      expect(one.running.system.sample().relay?.endedBySilence).toBe(1);
    });

    it('of a WebSocket with events, by what the kernel sees', async () => {
      await using one = await connect(SOCKET, { ws: { pingEveryMs: 1000 } });
      one.peer.vanish();
      const timer = setInterval(() => void one.publish().catch(() => {}), 100); // never idle
      await one.untilGone(15_000);
      clearInterval(timer);
      expect(one.running.system.sample().relay?.endedBySilence).toBe(1);
    });

    it('is kept where nobody looks: so it is looking that finds it', async () => {
      await using one = await connect(EVENTS, { sse: { keepAliveMs: 100, writeDeadlineMs: null } });
      await using other = await connect(SOCKET, { ws: { pingEveryMs: null } });
      one.peer.vanish();
      other.peer.vanish();
      await expect(one.untilGone(4000)).rejects.toThrow('it is let go');
      expect(other.open()).toBe(1);
    });
  },
);
