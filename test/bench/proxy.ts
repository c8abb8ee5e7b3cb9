/**
 * `npm run bench:proxy [-- --rounds N --seconds N]`: bpbench's proxies beside those of npm, on the same origin, in
 * rounds that take turns. The proxy has one core, client and origin share the other. Read the ratios of one run:
 * absolute figures are those of the machine. bpbench tells, counts and accounts for each request meanwhile; the
 * peers only forward. Needs Linux, two cores, wrk and openssl; about four minutes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createIdentity } from '../clients/identity.ts';
import { findProgram } from '../clients/programs.ts';
import { startBpbench } from './proxy/bpbench.ts';
import { LOAD_CORE, PROXY_CORE, runOnLoadCore, startListening } from './proxy/process.ts';
import { type Load, type Measured, playRounds, type RoundOptions, type Subject } from './proxy/rounds.ts';
import { type Comparison, compare, renderComparison } from './proxy/table.ts';
import { runWrk, WRK_CONNECTIONS } from './proxy/wrk.ts';

const OWN = 'bpbench';
const REVERSE_GOAL = 1.5;
const INTERCEPTION_GOAL = 4;
const TLS_CONNECTIONS = 32;
const REVERSE_PEERS = [
  'http-proxy',
  'http-proxy-3',
  '@fastify/http-proxy',
  'httpxy',
  'http-proxy-middleware',
  'fast-proxy',
  'node:http pipe',
];

const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (text: string): boolean => process.stderr.write(`${text}\n`);

function checkMachine(): void {
  const needed = { wrk: 'wrk', taskset: 'util-linux', openssl: 'openssl' };
  const missing = Object.entries(needed).filter(([program]) => findProgram(program) === undefined);
  const packages = missing.map(([, name]) => name).join(' ');
  if (missing.length > 0) throw new Error(`not found: apt-get install ${packages}`);
  if (cpus().length < 2) throw new Error('two cores are needed, so that what is measured has one for itself');
}

function installPeers(): void {
  const folder = fileOf('./peers');
  if (existsSync(join(folder, 'node_modules'))) return;
  say('installing the peers, once');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    stdio: 'inherit',
  });
}

/** What a proxy answers must be what the origin says, or its figures mean nothing. */
async function checkAnswer(name: string, url: string): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200 || text !== 'o'.repeat(1024))
    throw new Error(`${name} answers ${response.status} with ${text.length} characters`);
}

async function measureReverse(options: RoundOptions): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const origin = stack.use(await startListening(LOAD_CORE, fileOf('./proxy/origin.ts'), []));
  const originUrl = `http://127.0.0.1:${origin.line.port}`;
  const own = stack.use(await startBpbench(originUrl, null));
  const subject = (name: string, url: string, pid?: number, isPackage = false): Subject => ({
    name,
    isPackage,
    pid,
    play: (seconds) => runWrk(url, seconds),
  });
  const ownUrl = new URL('/1k', own.addresses.reverseUrl).href;
  const subjects = [subject('direct', `${originUrl}/1k`), subject(OWN, ownUrl, own.pid)];
  await checkAnswer(OWN, ownUrl);
  for (const name of REVERSE_PEERS) {
    const peer = stack.use(await startListening(PROXY_CORE, fileOf('./peers/reverse.js'), [name, originUrl]));
    const url = `http://127.0.0.1:${peer.line.port}/1k`;
    await checkAnswer(name, url);
    subjects.push(subject(name, url, peer.pid, name !== 'node:http pipe'));
  }
  return await playRounds(subjects, options);
}

async function measureInterception(options: RoundOptions): Promise<Measured[]> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-bench-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const identity = createIdentity();
  const originCa = write('origin-ca.pem', identity.ca);
  const files = [write('key.pem', identity.key), write('cert.pem', identity.cert)];
  const origin = stack.use(await startListening(LOAD_CORE, fileOf('./proxy/origin.ts'), files));
  const authority = `localhost:${origin.line.port}`;
  const own = stack.use(await startBpbench(`http://127.0.0.1:${origin.line.port}`, identity.ca));
  const mockttp = stack.use(await startListening(PROXY_CORE, fileOf('./peers/intercepting.js'), [originCa]));
  const subject = (name: string, pid: number, port: number, caFile: string): Subject => ({
    name,
    isPackage: name !== OWN,
    pid,
    async play(seconds): Promise<Load> {
      const client = fileOf('./proxy/tls-client.ts');
      const args = [client, port, authority, caFile, TLS_CONNECTIONS, seconds].map(String);
      const load = JSON.parse(await runOnLoadCore(process.execPath, args)) as Load & { errors: number };
      if (load.errors > 0 || load.requests === 0) throw new Error(`${name}: ${JSON.stringify(load)}`);
      return load;
    },
  });
  const ownPort = Number(new URL(own.addresses.proxyUrl).port);
  return await playRounds(
    [
      subject(OWN, own.pid, ownPort, write('own-ca.pem', own.addresses.caCertificate ?? '')),
      subject('mockttp', mockttp.pid, mockttp.line.port, write('mockttp-ca.pem', String(mockttp.line['ca']))),
    ],
    options,
  );
}

function report(comparisons: readonly Comparison[]): void {
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  };
  const text = [
    ...comparisons.map((comparison) => `${renderComparison(comparison)}\n`),
    `${machine.date}, Node ${machine.node}, ${machine.cpu}\n`,
  ].join('\n');
  process.stdout.write(`\n${text}`);
  const folder = fileOf('../../results/bench/');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'proxy.txt'), text);
  writeFileSync(join(folder, 'proxy.json'), `${JSON.stringify({ ...machine, comparisons }, null, 2)}\n`);
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' } },
});
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (!(Number.isInteger(rounds) && rounds >= 1 && Number.isInteger(seconds) && seconds >= 1))
  throw new Error(
    `--rounds and --seconds are whole numbers from 1, got ${values.rounds} and ${values.seconds}`,
  );
checkMachine();
installPeers();
const roundsOf = (what: string): RoundOptions => ({
  rounds,
  seconds,
  onRound: (round) => void say(`${what}: round ${round} of ${rounds}`),
});
const reverse = await measureReverse(roundsOf('reverse'));
const interception = await measureInterception(roundsOf('interception'));
report([
  compare(`Reverse proxy: GET of 1 KB, ${WRK_CONNECTIONS} connections`, reverse, OWN, REVERSE_GOAL),
  compare(
    `Interception: GET of 1 KB through CONNECT and TLS, ${TLS_CONNECTIONS} connections`,
    interception,
    OWN,
    INTERCEPTION_GOAL,
  ),
]);
