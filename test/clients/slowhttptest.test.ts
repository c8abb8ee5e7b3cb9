/** Slow clients against each proxy: others are served meanwhile, and every one of them is let go. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { SystemAddresses } from '../../src/system/control.ts';
import { CLIENT_LIMITS } from '../../src/system/proxy/proxy-server.ts';
import { RawClient } from '../helpers/raw-http.ts';
import { until } from '../helpers/system.ts';
import { ChildSystem } from '../system/proxies/child-system.ts';
import { describeWith } from './requirement.ts';

const ATTACKERS = process.env['BPBENCH_CI'] === undefined ? 50 : 200;
/** The usual limits are five times as long, and more. */
const LIMITS = { ...CLIENT_LIMITS, headMs: 2000, bodyMs: 2000, answerMs: 2000 };
/** By itself the attack goes on for so long. */
const ATTACK_SEC = 60;
const LET_GO_WITHIN_MS = 40_000;
/** For one small answer while the attack goes on: slow reading alone makes the kernel copy 600 MB meanwhile. */
const ANSWER_WITHIN_MS = 30_000;
/** More than the kernel takes for a client that does not read: some 2.5 MB on loopback. */
const BIG = Buffer.alloc(3 * 1024 ** 2);

/** `-r`: new attackers in a second. */
const ATTACKS = {
  'slow heads (-H)': { args: ['-H', '-i', '5', '-r', '100'], code: 'cR' },
  'slow bodies (-B)': { args: ['-B', '-i', '5', '-s', '8192', '-r', '100'], code: 'cD' },
  'slow reading (-X)': {
    args: ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-r', '20'],
    code: 'cD',
  },
} as const;

/** The ways to an origin: where to connect, what to ask there for `path`, and what slowhttptest is told. */
const WAYS = {
  reverse: ({ reverseUrl }: SystemAddresses) => ({
    url: reverseUrl,
    target: (path: string) => path,
    args: ['-u', `${reverseUrl}big`],
  }),
  forward: ({ proxyUrl }: SystemAddresses, originUrl: string) => ({
    url: proxyUrl,
    target: (path: string) => `${originUrl}${path}`,
    args: ['-d', new URL(proxyUrl).host, '-u', `${originUrl}/big`],
  }),
};

async function startOrigin() {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    const answer = request.url === '/small' ? 'small' : BIG;
    request.on('error', () => {}).on('end', () => response.end(answer));
    request.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function attack(args: readonly string[]): ChildProcess {
  const common = ['-c', String(ATTACKERS), '-l', String(ATTACK_SEC), '-p', '1'];
  return spawn('slowhttptest', [...common, ...args], { stdio: 'ignore' });
}

/** Asks for something small on a new connection; how long that took, in ms. */
async function askCleanly(url: string, target: string): Promise<number> {
  const begunMs = performance.now();
  const client = await RawClient.connect(url);
  client.write(`GET ${target} HTTP/1.1\r\nHost: ${new URL(target, url).host}\r\nConnection: close\r\n\r\n`);
  const found = () => client.finals().find(({ isComplete }) => isComplete);
  await until(() => found() !== undefined || client.isOver, 'an answer', ANSWER_WITHIN_MS);
  const answer = found();
  client.destroy();
  expect(answer?.startLine).toBe('HTTP/1.1 200 OK');
  expect(answer?.body.toString()).toBe('small');
  return performance.now() - begunMs;
}

describeWith({ slowhttptest: 'slowhttptest' }, 'slowhttptest', () => {
  describe.each(['reverse', 'forward'] as const)('against the %s proxy', (proxy) => {
    it.each(Object.entries(ATTACKS))(
      '%s',
      async (name, { args, code }) => {
        using origin = await startOrigin();
        await using child = await ChildSystem.start({
          originUrl: origin.url,
          parts: { clientLimits: LIMITS },
          upstream: 2 * ATTACKERS, // or the attackers hold all turns at proxy.requests
        });
        const way = WAYS[proxy](child.addresses, origin.url);
        const attacker = attack([...args, ...way.args]);
        const ended = once(attacker, 'exit');
        try {
          const begunMs = performance.now();
          const tookMs: number[] = [];
          let codes: Readonly<Record<string, number>> = {};
          while ((codes[code] ?? 0) < ATTACKERS && performance.now() - begunMs < LET_GO_WITHIN_MS) {
            tookMs.push(await askCleanly(way.url, way.target('/small')));
            // Between clean clients, of which there are to be twenty a second and not as many as fit in.
            await new Promise((resolve) => setTimeout(resolve, 50));
            ({ codes } = await child.read('quick'));
          }
          const letGoMs = performance.now() - begunMs;
          process.stdout.write(
            `${proxy} ${name}: ${JSON.stringify(codes)} after ${letGoMs.toFixed(0)} ms; of ${tookMs.length} others the slowest took ${Math.max(...tookMs).toFixed(0)} ms\n`,
          );
          expect(codes[code], JSON.stringify(codes)).toBeGreaterThanOrEqual(ATTACKERS);
          expect(tookMs.length).toBeGreaterThan(5);
          expect(Object.keys(codes).filter((one) => one.startsWith('I'))).toEqual([]);
          expect((await child.read('quick')).incidents).toEqual([]);
        } finally {
          attacker.kill('SIGKILL');
          await ended;
        }
      },
      120_000,
    );
  });
});
