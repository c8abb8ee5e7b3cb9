/** `serve` as somebody's own clients meet it: one line of addresses, all of which work, and an end without traces. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { findMarked, type RunningCli, runCli, startCli } from '../helpers/cli.ts';
import { until } from '../helpers/system.ts';
import { testAuthority } from '../helpers/tls-origin.ts';

const KEYS = [
  'proxyUrl',
  'reverseUrl',
  'sseUrl',
  'publishUrl',
  'wsUrl',
  'wsEchoUrl',
  'metricsUrl',
  'healthUrl',
  'originUrl',
  'caCertPath',
] as const;
type Addresses = Record<(typeof KEYS)[number], string>;

const curl = async (...args: string[]): Promise<string> =>
  (
    await promisify(execFile)('curl', [
      '--silent',
      '--show-error',
      '--max-time',
      '20',
      '--noproxy',
      '',
      ...args,
    ])
  ).stdout;

const folder = mkdtempSync(join(tmpdir(), 'bpbench-serve-'));
const servers: { close(): unknown; closeAllConnections(): void }[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const startOrigin = async (handle: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(handle))}`;

interface Serving extends RunningCli, AsyncDisposable {
  readonly line: string;
  readonly addresses: Addresses;
  /** What its processes left in the folder for temporary files, which is theirs alone. */
  traces(): string[];
}

/** The command with a folder for temporary files of its own. */
function start(...args: string[]): RunningCli & Pick<Serving, 'traces'> {
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  return { ...startCli(args, { env: { TMPDIR: temporary } }), traces: () => readdirSync(temporary) };
}

/** What it prints up to the first text that `isEnough`; rejects when it ends before. */
function readOut(cli: RunningCli, isEnough: (text: string) => boolean): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    cli.child.stdout?.on('data', (more) => {
      text += more;
      if (isEnough(text)) resolve(text);
    });
    void cli.done.then(({ code, stderr }) => reject(new Error(`it ended with ${code}: ${stderr}`)));
  });
}

async function serve(...args: string[]): Promise<Serving> {
  const cli = start('serve', '--json', ...args);
  const line = await readOut(cli, (text) => text.includes('\n'));
  return {
    ...cli,
    line,
    addresses: JSON.parse(line) as Addresses,
    async [Symbol.asyncDispose]() {
      cli.child.kill('SIGTERM');
      await cli.done;
    },
  };
}

describe('serve', () => {
  it('prints one line with every address when it is ready, and each of them works', async () => {
    const serving = await serve();
    const { addresses } = serving;
    expect(serving.line.split('\n')).toHaveLength(2);
    expect(Object.keys(addresses)).toEqual(KEYS);
    for (const [name, value] of Object.entries(addresses)) {
      if (name !== 'caCertPath') expect([name, URL.canParse(value)]).toEqual([name, true]);
    }

    expect(await (await fetch(addresses.healthUrl)).json()).toEqual({ status: 'ok' });
    expect((await (await fetch(addresses.originUrl)).text()).length).toBe(1024);
    expect((await (await fetch(addresses.reverseUrl)).text()).length).toBe(1024);
    expect((await curl('--proxy', addresses.proxyUrl, addresses.originUrl)).length).toBe(1024);
    expect((await curl('--proxytunnel', '--proxy', addresses.proxyUrl, addresses.originUrl)).length).toBe(
      1024,
    );

    const events = (
      await fetch(addresses.sseUrl)
    ).body?.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    const published = await fetch(addresses.publishUrl, { method: 'POST', body: 'hello' });
    expect(published.status).toBe(202);
    let text = '';
    while (!text.includes('hello')) text += Buffer.from((await events.read()).value ?? []).toString();
    await events.cancel();

    const echo = new WebSocket(addresses.wsEchoUrl);
    await once(echo, 'open');
    echo.send(Buffer.from([0, 255, 128]));
    const [data, isBinary] = await once(echo, 'message');
    expect([...data, isBinary]).toEqual([0, 255, 128, true]);
    echo.close();
    const ws = new WebSocket(addresses.wsUrl);
    await once(ws, 'open');
    ws.send('{"seq":1}');
    expect(String((await once(ws, 'message'))[0])).toBe('{"re":1}');
    ws.close();

    const metrics = await (await fetch(addresses.metricsUrl)).text();
    expect(metrics).toMatch(/^bpbench_copies_delivered_total\{boundary="sse\.client"\} 1$/m);
    expect(metrics).toMatch(/^bpbench_requests_finished_total [1-9]/m);
    expect(metrics).toMatch(/^bpbench_proxy_connections_ended_total\{proxy="forward",code="--"\} [1-9]/m);

    serving.child.kill('SIGTERM');
    expect(await serving.done).toMatchObject({ code: 0, signal: null });
    expect(findMarked(serving.mark)).toEqual([]);
    expect(serving.traces()).toEqual([]);
    await expect(fetch(addresses.healthUrl)).rejects.toThrow();
  });

  it('looks into HTTPS for clients that trust its certificate, and for no others', async () => {
    const { cert, key } = testAuthority().issue({ names: ['localhost'] });
    const secure = createTlsServer({ cert, key }, (_, response) => response.end('from TLS'));
    const url = `https://localhost:${await listen(secure as unknown as Server)}/`;
    const upstreamCa = join(folder, 'upstream.pem');
    writeFileSync(upstreamCa, testAuthority().certificate);
    const caCert = join(folder, 'own.pem');
    const serving = await serve('--upstream-ca', upstreamCa, '--ca-cert', caCert);
    const { addresses } = serving;
    expect(addresses.caCertPath).toBe(caCert);
    expect(readFileSync(caCert, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(readFileSync(caCert, 'utf8')).not.toContain('PRIVATE');
    expect(statSync(caCert).mode & 0o777).toBe(0o600);
    expect(await curl('--proxy', addresses.proxyUrl, '--cacert', caCert, url)).toBe('from TLS');
    await expect(curl('--proxy', addresses.proxyUrl, '--cacert', upstreamCa, url)).rejects.toThrow(
      /certificate/,
    );
    serving.child.kill('SIGINT');
    expect((await serving.done).code).toBe(0);
    expect(existsSync(caCert)).toBe(false);
  });

  it('leaves tunnels alone where it is told to, and has no certificate then', async () => {
    await using serving = await serve('--connect', 'tunnel');
    expect(serving.addresses.caCertPath).toBeNull();
  });

  it('puts a server of one’s own behind the reverse proxy, whether it is there yet or not', async () => {
    const origin = await startOrigin((request, response) => response.end(`own ${request.url}`));
    await using serving = await serve('--origin', origin);
    expect(serving.addresses.originUrl).toBe(`${origin}/`);
    expect(await (await fetch(new URL('/a?b=c', serving.addresses.reverseUrl))).text()).toBe('own /a?b=c');
    expect(
      findMarked(serving.mark)
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['conductor', 'system']);
    expect(serving.stderr()).toBe('');

    const probe = createTcpServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    await using early = await serve('--origin', `http://127.0.0.1:${port}`);
    expect(early.stderr()).toContain(
      `warning: nothing takes connections at http://127.0.0.1:${port} yet (ECONNREFUSED): requests get 502`,
    );
    expect((await fetch(early.addresses.reverseUrl)).status).toBe(502);
    const late = createServer((_, response) => response.end('late'));
    servers.push(late);
    late.listen(port, '127.0.0.1');
    await once(late, 'listening');
    expect(await (await fetch(early.addresses.reverseUrl)).text()).toBe('late');
  });

  it('plays the settings of a scenario and of the command line', async () => {
    const origin = await startOrigin((_, response) => response.end('never asked'));
    await using serving = await serve(
      ...[
        '--origin',
        origin,
        '--set',
        'system.intercept.rules=[{on: request, action: mock, path: /m, body: mine}]',
      ],
      ...['--set', 'system.resources.maxConnections=3'],
    );
    expect(await (await fetch(new URL('/m', serving.addresses.reverseUrl))).text()).toBe('mine');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at once at the second %s, and leaves nothing all the same', async (signal, exitCode) => {
    const serving = await serve();
    const system = findMarked(serving.mark).find(({ role }) => role === 'system')?.pid as number;
    process.kill(system, 'SIGSTOP'); // so that there is something to wait for after the first
    serving.child.kill(signal);
    await until(
      () => serving.stderr() === 'stopping; once more to end at once\n',
      'it says what it waits for',
    );
    const again = setInterval(() => serving.child.kill(signal), 200);
    const { code } = await serving.done;
    clearInterval(again);
    process.kill(system, 'SIGCONT');
    expect(code).toBe(exitCode);
    await until(() => findMarked(serving.mark).length === 0, 'the children have ended', 8000);
    expect(serving.traces()).toEqual([]);
  });

  it('ends in order when the signal goes to all of its processes, as from timeout or a service manager', async () => {
    const serving = await serve();
    const all = findMarked(serving.mark).toSorted((a) => (a.role === 'conductor' ? 1 : -1));
    expect(all.map(({ role }) => role).toSorted()).toEqual(['conductor', 'origin', 'system']);
    for (const { pid } of all) process.kill(pid, 'SIGTERM');
    serving.child.kill('SIGTERM'); // timeout sends it twice to the process that it started
    const { code, stderr } = await serving.done;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^(stopping; once more to end at once\n)?$/);
    expect(findMarked(serving.mark)).toEqual([]);
    expect(serving.traces()).toEqual([]);
  });

  it('ends in order when its terminal hangs up, and leaves nothing', async () => {
    const serving = await serve();
    for (const { pid } of findMarked(serving.mark)) process.kill(pid, 'SIGHUP');
    serving.child.kill('SIGHUP'); // the terminal's own, and the shell's
    expect(await serving.done).toMatchObject({ code: 0, signal: null });
    expect(findMarked(serving.mark)).toEqual([]);
    expect(serving.traces()).toEqual([]);
  });

  it('leaves a file alone that is no longer the certificate it wrote', async () => {
    const caCert = join(folder, 'replaced.pem');
    const serving = await serve('--ca-cert', caCert);
    writeFileSync(caCert, 'somebody else’s');
    serving.child.kill('SIGTERM');
    expect((await serving.done).code).toBe(0);
    expect(readFileSync(caCert, 'utf8')).toBe('somebody else’s');
  });

  it('ends in bounded time though a client never reads and a request never ends', async () => {
    const origin = await startOrigin(() => {});
    const serving = await serve('--origin', origin);
    const asked = fetch(serving.addresses.reverseUrl).catch(() => undefined);
    const events = await fetch(serving.addresses.sseUrl);
    const started = performance.now();
    serving.child.kill('SIGTERM');
    expect((await serving.done).code).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    await asked;
    await events.body?.cancel().catch(() => {});
  });

  it('says that its port is taken', async () => {
    const taken = await listen(createServer());
    const { code, stdout, stderr } = await runCli(['serve', '--port', String(taken)]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toBe(
      `bpbench: port ${taken} of 127.0.0.1 is in use\n  try: another --port, or none for a free one\n`,
    );
  });

  it('says that the program beside it could not be started', async () => {
    const { code, stdout, stderr } = await runCli([
      'serve',
      '--set',
      'system.program={command: no-such-program}',
    ]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^bpbench: the program 'no-such-program' could not be started: .*ENOENT\n$/);
  });

  it('tells a person where everything is', async () => {
    const cli = start('serve');
    const text = await readOut(cli, (out) => out.includes('unixSocketPath'));
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.done;
    expect(code).toBe(0);
    expect(stderr).toMatch(/^(stopping; once more to end at once\n)?stopped\n$/);
    expect(text).toMatch(/^the system under test is up \(as-found\); Ctrl-C stops it\n {2}proxyUrl {8}http:/);
  });

  it.each<[string, string[], RegExp]>([
    [
      'an origin that is no URL',
      ['--origin', 'localhost:3000'],
      /--origin expects an http URL, got 'localhost:3000'/,
    ],
    ['an origin that is nothing at all', ['--origin', 'three thousand'], /--origin expects a URL/],
    ['an origin with TLS', ['--origin', 'https://localhost/'], /plain HTTP[\s\S]*forward proxy/],
    [
      'an origin with a path',
      ['--origin', 'http://127.0.0.1:3000/api'],
      /without path[\s\S]*try: --origin http:\/\/127\.0\.0\.1:3000\n/,
    ],
    ['an origin with a user', ['--origin', 'http://me:pw@127.0.0.1:3000/'], /without a user/],
    [
      'an origin that is not this machine',
      ['--origin', 'http://192.0.2.1/'],
      /not on this machine[\s\S]*--allow-host 192\.0\.2\.1/,
    ],
    [
      'an origin with a port that the proxies never connect to',
      ['--origin', 'http://127.0.0.1:22'],
      /^bpbench: --origin expects port 80, 443 or 1024 and up, got 'http:\/\/127\.0\.0\.1:22'\n$/,
    ],
    ['a host with a scheme', ['--allow-host', 'http://example.com'], /--allow-host expects a host/],
    ['an unknown way to connect', ['--connect', 'mitm'], /Allowed choices are tunnel, intercept/],
    [
      'a certificate for tunnels',
      ['--connect', 'tunnel', '--ca-cert', 'ca.pem'],
      /--ca-cert[\s\S]*--connect intercept/,
    ],
    ['a certificate over a file', ['--ca-cert', '/etc/hostname'], /exists already/],
    [
      'a certificate in a folder that is not there',
      ['--ca-cert', join(folder, 'missing', 'deep', 'ca.pem')],
      /--ca-cert: the folder \S+\/missing\/deep does not exist\n$/,
    ],
    ['authorities that are not there', ['--upstream-ca', '/nowhere/ca.pem'], /--upstream-ca cannot be read/],
    ['authorities that are none', ['--upstream-ca', '/etc/hostname'], /--upstream-ca expects certificates/],
    ['a setting that does not exist', ['--set', 'system.forward.conect=tunnel'], /did you mean connect/],
    [
      'a setting without system. before it',
      ['--set', 'upstream.reuse=none'],
      /unknown key 'upstream'; did you mean system\.upstream\.reuse\?/,
    ],
    [
      'a standstill that never comes',
      ['--set', 'system.consumer.freeze=1s'],
      /freeze: freeze needs freezeEvery: from one standstill to the next, such as 5s \(from --set/,
    ],
    ['a port out of range', ['--port', '70000'], /0 to 65535/],
    ['two strategies', ['--strategy', 'block', '--strategy', 'latest'], /one --strategy/],
  ])('refuses %s, and starts nothing', async (_, args, stderr) => {
    const cli = start('serve', ...args);
    const result = await cli.done;
    expect(result.stderr).toMatch(stderr);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 2, stdout: '' });
    expect(cli.traces()).toEqual([]);
  });
});
