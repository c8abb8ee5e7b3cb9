/** How connections are opened, used again, sent away; and that nothing of them stays. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createVirtualClock, NS_PER_MS } from '../../../src/core/clock.ts';
import type { Destination } from '../../../src/system/http/upstream.ts';
import { MAX_IDLE_CONNECTIONS } from '../../../src/system/http/upstream-pool.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { describeWith } from '../../clients/requirement.ts';
import { FullBacklog } from '../../helpers/full-backlog.ts';
import { until } from '../../helpers/system.ts';
import { createPool, get, Hearing, listen, rawUpstream } from './raw-upstream.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const answering = (text = OK) =>
  rawUpstream((socket) => {
    socket.on('data', () => socket.write(text));
    socket.on('end', () => socket.end());
  });

async function ask(
  pool: ReturnType<typeof createPool>,
  destination: Destination,
  request = get(),
): Promise<Hearing> {
  const heard = new Hearing();
  pool.begin(destination, request, heard);
  await heard.over;
  return heard;
}

it('uses the connection again that was used last', async () => {
  await using upstream = await answering();
  using pool = createPool();
  await Promise.all([ask(pool, upstream.destination), ask(pool, upstream.destination)]);
  expect(pool.sample()).toEqual({ open: 2, idle: 2, created: 2, reused: 0 });
  const ports: (number | undefined)[] = [];
  for (const socket of upstream.sockets) socket.prependListener('data', () => ports.push(socket.remotePort));
  for (let i = 0; i < 5; i++) await ask(pool, { ...upstream.destination });
  expect(new Set(ports).size).toBe(1);
  expect(pool.sample()).toEqual({ open: 2, idle: 2, created: 2, reused: 5 });
});

it('begins the next exchange on the same connection from inside onEnd', async () => {
  await using upstream = await answering();
  using pool = createPool();
  const second = new Hearing();
  const first = new Hearing();
  const { onEnd } = first;
  first.onEnd = (trailers) => {
    onEnd.call(first, trailers);
    pool.begin(upstream.destination, get(), second);
    expect(second.calls).toEqual([]);
  };
  pool.begin(upstream.destination, get(), first);
  expect(await second.over).toBe('end');
  expect(pool.sample()).toMatchObject({ created: 1, reused: 1 });
});

it('keeps no connection under reuse none, and says so to the upstream', async () => {
  let head = '';
  await using upstream = await rawUpstream((socket) => {
    socket.on('data', (bytes) => {
      head = bytes.toString();
      socket.write(OK);
    });
  });
  using pool = createPool({ reuse: 'none' });
  for (let i = 0; i < 3; i++) await ask(pool, upstream.destination);
  expect(head).toBe('GET / HTTP/1.1\r\nHost: upstream.test\r\nConnection: close\r\n\r\n');
  expect(pool.sample()).toEqual({ open: 0, idle: 0, created: 3, reused: 0 });
});

it('keeps as many unused connections for one destination as it may', async () => {
  await using upstream = await answering();
  using pool = createPool({ connections: 2 });
  await Promise.all(Array.from({ length: 5 }, () => ask(pool, upstream.destination)));
  await until(() => pool.sample().open === 2, 'the others are closed');
  expect(pool.sample().idle).toBe(2);
});

it('keeps a bounded number of unused connections over all destinations, those used last', async () => {
  await using upstream = await answering();
  using pool = createPool({ connections: 2 });
  const to = (n: number): Destination => ({ ...upstream.destination, host: `h${n}.test` });
  const count = MAX_IDLE_CONNECTIONS + 10;
  for (let n = 0; n < count; n++) await ask(pool, to(n));
  expect(pool.sample()).toEqual({
    open: MAX_IDLE_CONNECTIONS,
    idle: MAX_IDLE_CONNECTIONS,
    created: count,
    reused: 0,
  });
  await until(() => upstream.sockets.size === MAX_IDLE_CONNECTIONS, 'the others are closed');
  for (const n of [10, count - 1]) await ask(pool, to(n));
  expect(pool.sample()).toMatchObject({ created: count, reused: 2 });
  // 10 has just been used: 11 has waited longest now, and 9 was gone before.
  await ask(pool, to(9));
  await ask(pool, to(10));
  expect(pool.sample()).toMatchObject({ created: count + 1, reused: 3, idle: MAX_IDLE_CONNECTIONS });
  await ask(pool, to(11));
  expect(pool.sample()).toMatchObject({ created: count + 2, idle: MAX_IDLE_CONNECTIONS });
});

it('keeps more where more exchanges may go on at a time', async () => {
  await using upstream = await answering();
  const connections = MAX_IDLE_CONNECTIONS + 5;
  using pool = createPool({ connections });
  await Promise.all(Array.from({ length: connections }, () => ask(pool, upstream.destination)));
  expect(pool.sample().idle).toBe(connections);
});

it.each(['connecting', 'in the handshake'])(
  'stops warming a connection that is %s when nobody waits',
  async (where) => {
    await using full = await FullBacklog.start();
    await using silent = await rawUpstream((socket) => void socket.resume().once('end', () => socket.end()));
    const tasks = new TaskRegistry();
    using pool = createPool({}, { tasks });
    const leaving = new AbortController();
    const port = where === 'connecting' ? full.port : silent.destination.port;
    const warming = pool.warm({ ...silent.destination, port, isTls: true }, leaving.signal);
    if (where === 'connecting') await new Promise((resolve) => setImmediate(resolve));
    else await until(() => silent.sockets.size === 1, 'it is connected');
    expect(tasks.open).toBe(1);
    leaving.abort();
    await expect(warming).rejects.toMatchObject({ fault: 'aborted' });
    expect(tasks.open).toBe(0);
    await until(() => silent.sockets.size === 0, 'the socket is closed', 1000);
    expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
    await expect(pool.warm(silent.destination, leaving.signal)).rejects.toMatchObject({ fault: 'aborted' });
  },
);

it('does not use a connection for another host, or one to an address that the destination does not allow', async () => {
  await using upstream = await answering();
  using pool = createPool();
  const { destination } = upstream;
  await ask(pool, destination);
  await ask(pool, { ...destination, host: 'other.test' });
  expect(pool.sample()).toMatchObject({ created: 2, reused: 0 });
  const heard = await ask(pool, { ...destination, addresses: ['127.0.0.2'] });
  expect(heard.error).toMatchObject({ fault: 'refused' });
  await ask(pool, { ...destination, addresses: ['127.0.0.2', '127.0.0.1'] });
  expect(pool.sample()).toMatchObject({ created: 2, reused: 1 });
});

it.each(['data', 'fin', 'rst'] as const)(
  'closes an unused connection at once when the upstream sends %s',
  async (what) => {
    await using upstream = await answering();
    using pool = createPool();
    await ask(pool, upstream.destination);
    const [socket] = upstream.sockets as unknown as Iterable<Socket>;
    if (what === 'data') socket?.write(OK);
    else if (what === 'fin') socket?.end();
    else socket?.resetAndDestroy();
    await until(() => pool.sample().open === 0, 'it is closed');
    expect(pool.sample().idle).toBe(0);
    expect((await ask(pool, upstream.destination)).trailers).toEqual([]);
  },
);

it('closes what was unused for too long, and uses nothing beyond its life time', async () => {
  await using upstream = await answering();
  const clock = createVirtualClock();
  using pool = createPool({ idleTimeoutMs: 1000, lifetimeMs: 2500 }, { clock });
  for (const [atMs, created] of [
    [0, 1],
    [900, 1],
    [1800, 1],
    [2600, 2],
    [3700, 3],
  ] as const) {
    clock.advanceTo(atMs * NS_PER_MS);
    await ask(pool, upstream.destination);
    expect([atMs, pool.sample().created]).toEqual([atMs, created]);
    expect(pool.sample().open).toBe(1);
  }
  clock.advanceNs(999 * NS_PER_MS);
  expect(pool.sample().open).toBe(1);
  clock.advanceNs(11 * NS_PER_MS);
  expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
  expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
});

it('heeds how long the upstream says it keeps a connection', async () => {
  await using upstream = await answering(
    'HTTP/1.1 200 OK\r\nKeep-Alive: max=9, timeout=5\r\nContent-Length: 0\r\n\r\n',
  );
  const clock = createVirtualClock();
  using pool = createPool({}, { clock });
  await ask(pool, upstream.destination);
  clock.advanceNs(3900 * NS_PER_MS);
  expect(pool.sample().idle).toBe(1);
  clock.advanceNs(200 * NS_PER_MS);
  expect(pool.sample().idle).toBe(0);
  await ask(pool, upstream.destination);
  expect(clock.nextTimerNs).not.toBe(Number.POSITIVE_INFINITY);
  pool.close();
  expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
});

/** Answers the first request of each connection and closes at the second without a byte. */
const closingAtReuse = (seen: string[], first = '') =>
  rawUpstream((socket) => {
    let count = 0;
    socket.on('data', (bytes) => {
      seen.push(bytes.toString().split(' ')[0] as string);
      if (++count === 1) socket.write(OK);
      else if (first !== '') socket.end(first);
      else socket.resetAndDestroy();
    });
  });

it.each([
  ['GET', 'none', true],
  ['HEAD', 'none', true],
  ['PUT', 0, true],
  ['DELETE', 'none', true],
  ['POST', 'none', false],
  ['PATCH', 'none', false],
  ['PUT', 3, false],
  ['GET', 3, false],
] as const)(
  '47: %s with body %s on a connection that closes at reuse, sent once more: %s',
  async (method, body, isRepeated) => {
    const seen: string[] = [];
    await using upstream = await closingAtReuse(seen);
    using pool = createPool();
    await ask(pool, upstream.destination);
    const heard = new Hearing();
    const exchange = pool.begin(upstream.destination, get({ method, body }), heard);
    if (body === 3) exchange.write(Buffer.from('abc'));
    exchange.end();
    if (isRepeated) {
      expect(await heard.over).toBe('end');
      expect(seen).toEqual(['GET', method, method]);
      expect(pool.sample()).toMatchObject({ created: 2, reused: 1 });
    } else {
      expect(await heard.over).toBe('error');
      expect(heard.error).toMatchObject({ fault: 'reset', phase: 'H' });
      expect(seen).toEqual(['GET', method]);
    }
  },
);

it('47: nothing is sent again once a byte of the answer has come', async () => {
  const seen: string[] = [];
  await using upstream = await closingAtReuse(seen, 'H');
  using pool = createPool();
  await ask(pool, upstream.destination);
  const heard = await ask(pool, upstream.destination);
  expect(heard.error).toMatchObject({ fault: 'closed', phase: 'H' });
  expect(seen).toEqual(['GET', 'GET']);
});

it('47: a new connection that closes without an answer is an error', async () => {
  await using upstream = await rawUpstream((socket) => void socket.once('data', () => socket.end()));
  using pool = createPool();
  expect((await ask(pool, upstream.destination)).error).toMatchObject({ fault: 'closed', status: 502 });
  expect(pool.sample().created).toBe(1);
});

it('answers 504 to a head that does not come in time, counted from the end of the request', async () => {
  await using upstream = await rawUpstream((socket) => void socket.on('data', () => {}));
  const clock = createVirtualClock();
  using pool = createPool({ headTimeoutMs: 500 }, { clock });
  const heard = new Hearing();
  const exchange = pool.begin(upstream.destination, get({ method: 'POST', body: 2 }), heard);
  await until(() => upstream.sockets.size === 1 && pool.sample().open === 1, 'it is connected');
  exchange.write(Buffer.from('a'));
  clock.advanceNs(5000 * NS_PER_MS);
  expect(heard.isOver).toBe(false);
  exchange.write(Buffer.from('b'));
  exchange.end();
  clock.advanceNs(499 * NS_PER_MS);
  expect(heard.isOver).toBe(false);
  clock.advanceNs(11 * NS_PER_MS);
  expect(heard.error).toMatchObject({ fault: 'head-timeout', phase: 'H', status: 504 });
  expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
});

it('the time limit of the head does not cut off a body that takes long', async () => {
  await using upstream = await rawUpstream((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no'));
  });
  const clock = createVirtualClock();
  using pool = createPool({ headTimeoutMs: 500 }, { clock });
  const heard = new Hearing();
  pool.begin(upstream.destination, get(), heard);
  await until(() => heard.data.length === 1, 'the body begins');
  clock.advanceNs(60_000 * NS_PER_MS);
  for (const socket of upstream.sockets) socket.write('k');
  expect(await heard.over).toBe('end');
});

/** A server that accepts nothing (Node's own backlog cannot be 0): connections stay in its full backlog and nobody answers. */
async function silentAddress(): Promise<{ port: number; close: () => void }> {
  const { spawn } = await import('node:child_process');
  const script = `
import socket, sys
server = socket.socket(); server.bind(('127.0.0.3', 0)); server.listen(0)
held = []
for _ in range(3):
    s = socket.socket(); s.setblocking(False)
    try: s.connect(server.getsockname())
    except BlockingIOError: pass
    held.append(s)
print(server.getsockname()[1], flush=True)
sys.stdin.read()`;
  const child = spawn('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(String(text)), close: () => child.stdin.end() };
}

it('29: dials the next address when the first refuses', async () => {
  await using upstream = await answering();
  using pool = createPool();
  const heard = await ask(pool, { ...upstream.destination, addresses: ['127.0.0.9', '127.0.0.1'] });
  expect(heard.body.toString()).toBe('ok');
});

describeWith({ python3: 'python3-minimal' }, 'an address that says nothing', () => {
  it('29: dials the next address when the first is silent, and all of them within one time limit', async () => {
    const silent = await silentAddress();
    try {
      await using other = await listen(
        createServer((socket) => void socket.on('data', () => socket.write(OK))),
        '127.0.0.1',
      ).catch(() => {
        throw new Error('no second server');
      });
      // Both addresses need the same port: a second server takes that of the silent one.
      const twin = createServer(
        (socket) => void socket.on('error', () => {}).on('data', () => socket.write(OK)),
      );
      twin.listen(silent.port, '127.0.0.4');
      await once(twin, 'listening');
      using pool = createPool({ connectTimeoutMs: 600 });
      const both = { ...other.destination, port: silent.port, addresses: ['127.0.0.3', '127.0.0.4'] };
      const heard = await ask(pool, both);
      expect(heard.body.toString()).toBe('ok');
      const late = await ask(pool, { ...both, addresses: ['127.0.0.3'] });
      expect(late.error).toMatchObject({ fault: 'connect-timeout', phase: 'C', status: 504 });
      pool.close();
      await new Promise((resolve) => twin.close(resolve));
    } finally {
      silent.close();
    }
  });
});

it.each([
  ['nobody listens', { addresses: ['127.0.0.9'] }, 'refused'],
  ['no address', { addresses: [] }, 'unreachable'],
  ['a name instead of an address', { addresses: ['localhost'] }, 'unreachable'],
  ['port 0', { port: 0 }, 'unreachable'],
  ['port 99999', { port: 99_999 }, 'unreachable'],
])('28: %s', async (_, overrides, fault) => {
  await using upstream = await answering();
  using pool = createPool();
  const destination = { ...upstream.destination, ...overrides };
  const heard = new Hearing();
  pool.begin(destination, get(), heard);
  expect(heard.calls).toEqual([]);
  await heard.over;
  expect(heard.error).toMatchObject({ fault, phase: 'C', status: 502 });
  await expect(pool.warm(destination)).rejects.toMatchObject({ fault });
  await expect(pool.connect(destination)).rejects.toMatchObject({ fault });
});

it('gives out connections of their own, counts them and closes them in the end', async () => {
  await using upstream = await answering('echo');
  const pool = createPool();
  const socket = await pool.connect(upstream.destination);
  expect(pool.sample()).toEqual({ open: 1, idle: 0, created: 1, reused: 0 });
  socket.write('hello');
  expect(String((await once(socket, 'data'))[0])).toBe('echo');
  pool.close();
  await until(() => pool.sample().open === 0, 'it is closed');
  expect(socket.destroyed).toBe(true);
});

describeWith({ python3: 'python3-minimal' }, 'an address that is silent', () => {
  it('stops connecting when nobody waits any more', async () => {
    const silent = await silentAddress();
    const tasks = new TaskRegistry();
    using pool = createPool({}, { tasks });
    const destination = {
      host: 'a',
      addresses: ['127.0.0.3'],
      port: silent.port,
      isTls: false,
      isVerified: true,
    };
    const controller = new AbortController();
    const connecting = pool.connect(destination, controller.signal);
    const heard = new Hearing();
    const exchange = pool.begin(destination, get(), heard);
    const warming = pool.warm(destination);
    expect(tasks.byKind()).toEqual({ 'upstream.dial': 3 });
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ fault: 'aborted', phase: 'C' });
    exchange.abort();
    pool.close();
    await expect(warming).rejects.toMatchObject({ fault: 'aborted' });
    expect(heard.calls).toEqual([]);
    expect(tasks.byKind()).toEqual({});
    await expect(pool.connect(destination, controller.signal)).rejects.toMatchObject({ fault: 'aborted' });
    silent.close();
  });
});

it('fails what is under way when it is closed, and what begins after that', async () => {
  await using upstream = await rawUpstream(
    (socket) => void socket.on('data', () => socket.write(OK.slice(0, -1))),
  );
  const pool = createPool();
  const waiting = new Hearing();
  pool.begin(upstream.destination, get(), waiting);
  await until(() => waiting.data.length === 1, 'the answer has begun');
  const connecting = new Hearing();
  pool.begin(upstream.destination, get(), connecting);
  pool.close();
  const late = new Hearing();
  pool.begin(upstream.destination, get(), late);
  await Promise.all([waiting.over, connecting.over, late.over]);
  expect([waiting, connecting, late].map(({ error }) => [error?.fault, error?.phase])).toEqual([
    ['aborted', 'D'],
    ['aborted', 'C'],
    ['aborted', 'C'],
  ]);
  expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
});

it.each(['onInformation', 'onHead', 'onData'] as const)(
  'says nothing after abort() from inside %s',
  async (callback) => {
    const bytes = `HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n`;
    await using upstream = await answering(bytes);
    using pool = createPool();
    const heard = new Hearing();
    const original = heard[callback] as (argument: never) => boolean;
    let callsAtAbort = 0;
    heard[callback] = (argument: never) => {
      original.call(heard, argument);
      exchange.abort();
      callsAtAbort = heard.calls.length;
      return true;
    };
    const exchange = pool.begin(upstream.destination, get(), heard);
    await until(() => callsAtAbort > 0, 'it was given up');
    await until(
      () => [...upstream.sockets].every((socket) => socket.readableEnded),
      'the upstream sees the end',
    );
    expect(heard.calls.length).toBe(callsAtAbort);
    expect(pool.sample()).toMatchObject({ open: 0, idle: 0 });
  },
);

it('leaves no socket and no timer after 1,000 exchanges that end in every way', async () => {
  const endings: ((socket: Socket) => void)[] = [
    (socket) => socket.write(OK),
    (socket) => socket.end(OK),
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok', () => socket.resetAndDestroy()),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n'),
    (socket) => socket.write('nonsense'),
    (socket) => socket.write(`${OK}surplus`),
    (socket) => socket.write('HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n'),
    () => {},
  ];
  const before = countResources();
  {
    let count = 0;
    await using upstream = await rawUpstream((socket) => {
      socket.on('data', () => endings[count++ % endings.length]?.(socket));
      socket.on('end', () => socket.end());
    });
    const pool = createPool({ headTimeoutMs: 200 });
    const ends: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: 20 }, async (_, lane) => {
        for (let i = 0; i < 50; i++) {
          const heard = new Hearing();
          const kind = (lane + i) % 4;
          const request =
            kind === 1
              ? get({ method: 'POST', body: 'chunked' })
              : kind === 2
                ? get({ upgrade: 'websocket' })
                : get();
          const exchange = pool.begin(upstream.destination, request, heard);
          if (kind === 1) exchange.write(Buffer.alloc(100_000));
          if (kind === 3 && i % 3 === 0) {
            exchange.abort();
            ends['abort'] = (ends['abort'] ?? 0) + 1;
            continue;
          }
          exchange.end();
          const how = await heard.over;
          ends[how] = (ends[how] ?? 0) + 1;
          heard.upgraded?.socket.destroy();
        }
      }),
    );
    expect(Object.values(ends).reduce((sum, n) => sum + n, 0)).toBe(1000);
    expect(Object.keys(ends).sort()).toEqual(['abort', 'end', 'error', 'upgrade']);
    pool.close();
    await until(() => pool.sample().open === 0, 'all are closed');
    await until(() => upstream.sockets.size === 0, 'the upstream has lost all of them');
  }
  let after = countResources();
  await until(() => {
    after = countResources();
    return Object.entries(after).every(([kind, count]) => count <= (before[kind] ?? 0));
  }, 'nothing is left').catch(() => expect(after).toEqual(before));
});

/** What keeps the event loop alive, by kind. */
function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind !== 'Immediate') counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
