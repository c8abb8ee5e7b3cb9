/** Claims W-1 and W-5: a handler that waits for room which only it can make, and those who do not. */
import { describe, expect, it } from 'vitest';
import { findWaitCycles } from '../../../src/conductor/stalls/wait-cycles.ts';
import type { WsSettings } from '../../../src/core/plan.ts';
import { isPeer } from '../../../src/core/wait-names.ts';
import { until } from '../../helpers/system.ts';
import { RunningRelay } from './relay.ts';

const QUEUE = 10;
const SENDS = 200;
const MESSAGE = '{"seq":1,"intendedUs":1,"sentUs":2}';

const start = (settings: Partial<WsSettings>, overflow: string) =>
  RunningRelay.start({
    settings: { ...settings, force: true, replies: SENDS },
    strategy: `${overflow},capacity=${QUEUE}`,
  });

describe.each([
  ['single-loop', { architecture: 'single-loop', select: 'biased' }, ['ws 1 loop']],
  ['single-loop, fair', { architecture: 'single-loop', select: 'fair' }, ['ws 1 loop']],
  ['offload', { architecture: 'offload', workers: 1 }, ['ws 1 loop']],
  ['actor, fat', { architecture: 'actor', actor: 'fat' }, ['ws 1 actor', 'ws 1 writer']],
] as const)('%s with block', (_name, settings, cycle) => {
  it('stands still for ever: nothing delivered, no pong, no answer to a close, no end by age', async () => {
    await using running = await start({ ...settings, maxConnectionMs: 1000 }, 'block');
    const client = await running.open('/ws?subscribe=none&client=stuck');
    client.send(MESSAGE);
    await until(() => running.ledger().blocked === 1, 'it waits for room');
    client.ws.ping('anybody?');
    client.ws.close(1000);
    await until(() => running.waits().length >= cycle.length, 'the waits have lasted', 15_000);
    // Another connection is served meanwhile: only this one stands still.
    const other = await running.open('/ws?subscribe=none');
    other.ws.ping('and you?');
    await until(() => other.pongs.length === 1, 'the other one answers');
    expect(client).toMatchObject({ messages: [], pongs: [], closed: undefined });
    const inFlight = cycle.length - 1; // the fat actor's writer has taken one
    expect(running.ledger()).toMatchObject({
      offered: QUEUE + inFlight + 1,
      queued: QUEUE,
      inFlight,
      blocked: 1,
      delivered: 0,
      unaccounted: 0,
    });
    const [found, ...more] = findWaitCycles(running.waits());
    expect(more).toEqual([]);
    expect([...(found?.names ?? [])].sort()).toEqual([...cycle].sort());
    expect(found?.waits.some(({ boundary }) => boundary === 'ws.outbound')).toBe(true);
    await until(
      () => running.sample().endedByAge === 1,
      'the loop of the other one hears that its time is over',
    );
    // Only the deadline of the system's end frees the slot, and everything is accounted for.
    await running.finish(100);
    expect(running.tasks.byKind()).toEqual({});
    expect(running.waiting).toBe(0);
    expect(running.ledger()).toMatchObject({
      queued: 0,
      inFlight: 0,
      blocked: 0,
      delivered: 0,
      unaccounted: 0,
    });
    expect(running.accounts().find(({ clientId }) => clientId === 'stuck')).toMatchObject({
      delivered: 0,
      endedCleanly: false,
    });
    expect(running.sample().endedByAge).toBe(1);
  });
});

it('single-loop with try-send delivers what the queue holds, tells the sender of the rest, and lives on', async () => {
  await using running = await start({ architecture: 'single-loop' }, 'drop-newest');
  const client = await running.open('/ws?subscribe=none');
  client.send(MESSAGE);
  client.ws.ping('alive');
  await until(() => client.pongs.length === 1, 'the ping is answered');
  expect(client.messages.length).toBe(QUEUE);
  expect(client.messages[0]).toBe('{"re":1,"intendedUs":1,"sentUs":2}');
  expect(running.sample()).toMatchObject({
    queueFull: SENDS - QUEUE,
    refused: SENDS - QUEUE,
    pings: 1,
    pongs: 1,
  });
  expect(running.ledger()).toMatchObject({
    offered: SENDS,
    delivered: QUEUE,
    dropped: { 'overflow.drop-newest': SENDS - QUEUE },
    unaccounted: 0,
  });
  client.ws.close(1000);
  await until(() => client.closed !== undefined, 'the close is answered');
  expect(client.closed?.code).toBe(1000);
});

it.each([
  ['split', { architecture: 'split' }],
  ['actor, thin', { architecture: 'actor', actor: 'thin' }],
] as const)('%s with block delivers everything', async (_name, settings) => {
  await using running = await start(settings, 'block');
  const client = await running.open('/ws?subscribe=none');
  client.send(MESSAGE);
  client.ws.ping('alive');
  await client.hears(SENDS);
  await until(() => client.pongs.length === 1, 'the ping is answered');
  expect(client.messages.length).toBe(SENDS);
  expect(running.ledger()).toMatchObject({ offered: SENDS, delivered: SENDS, dropped: {}, unaccounted: 0 });
  expect(running.sample().queueFull).toBeGreaterThan(0);
});

describe('whoever waits for the peer', () => {
  it('names it, so that nobody takes it for a standstill inside', async () => {
    await using running = await RunningRelay.start({ strategy: 'block,capacity=2' });
    const frozen = await running.openFrozen();
    const published = (async () => {
      for (let i = 0; i < 40; i++) await running.publish('x'.repeat(50_000));
    })();
    await until(() => running.waits().length >= 3, 'publisher, subscription and writer wait', 15_000);
    const waits = running.waits();
    expect(findWaitCycles(waits)).toEqual([]);
    expect(waits.map(({ who, freedBy }) => [who, ...freedBy]).sort()).toEqual([
      ['publisher', 'ws 1 subscription'],
      ['ws 1 subscription', 'ws 1 writer'],
      ['ws 1 writer', 'peer of ws 1'],
    ]);
    expect(waits.flatMap(({ freedBy }) => freedBy).filter(isPeer)).toEqual(['peer of ws 1']);
    frozen.ws.resume();
    await published;
    await frozen.hears(40);
    expect(running.ledger()).toMatchObject({ delivered: 40, dropped: {}, unaccounted: 0 });
    expect(running.waiting).toBe(0);
  });
});
