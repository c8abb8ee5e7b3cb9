/** `bpbench serve`: the system under test and its origin, kept running for clients of one's own. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { chooseStrategies, type StrategyChoice } from '../../conductor/strategies.ts';
import { takeEpochNs } from '../../core/clock.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import { EXIT } from '../../core/exit-codes.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import { writeCertificate } from '../../targets/ca-export.ts';
import { describeDeath } from '../../targets/child-handle.ts';
import {
  Launcher,
  type SystemAddresses,
  type SystemConfig,
  type SystemProcess,
} from '../../targets/launcher.ts';
import { lockFolder } from '../folder-lock.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { loadPlayable } from '../load-playable.ts';
import { renderNotices } from '../notices.ts';
import { findOriginSilent, readOrigin } from '../origin-option.ts';
import { resolveServed, type ServeSettings } from '../serve-settings.ts';
import { writeErr, writeOut } from '../streams.ts';
import { TemporaryFiles } from '../temporary-files.ts';
import { lookOf } from '../terminal.ts';

export interface ServeOptions extends ServeSettings {
  strategy: string[];
  at: string[];
  origin?: string;
  port?: number;
  data?: string;
  json?: boolean;
}

/** Where everything is: the one line of `--json`, in this order. */
interface ServedAddresses extends Omit<SystemAddresses, 'unixSocketPath' | 'caCertificate'> {
  originUrl: string;
  /** The certificate that clients of intercepted tunnels have to trust (PEM); `null` where nothing is intercepted. */
  caCertPath: string | null;
}

const SAMPLE_INTERVAL_MS = 1000;
const FINISH_DEADLINE_MS = 3000;
const EVENTS_FILE = 'events.db';
/** An end that takes longer is worth a word. */
const LONG_END_MS = 300;

export async function serveCommand(scenario: string | undefined, options: ServeOptions): Promise<void> {
  const port = options.port ?? 0;
  if (port > 65_535) throw new BenchError('BPB_ERR_USAGE', `--port expects 0 to 65535, got ${port}`);
  const plan = resolveServed(loadPlayable(scenario ?? 'burst'), options);
  const strategy = chooseOne(options, plan);
  const caCertPath = options.caCert === undefined ? undefined : findFreePath(options.caCert);
  const dataFolder = options.data === undefined ? undefined : makeDataFolder(options.data, plan);
  using _lock = dataFolder === undefined ? undefined : await lockFolder(dataFolder);
  const origin =
    options.origin === undefined
      ? undefined
      : await readOrigin(options.origin, plan.system.forward.allowHosts);

  let longEnd: NodeJS.Timeout | undefined;
  using interrupt = listenForInterrupt(() => {
    longEnd = setTimeout(() => writeErr('stopping; once more to end at once\n'), LONG_END_MS);
  });
  using files = new TemporaryFiles();
  const launcher = new Launcher();
  let isUp = false;
  try {
    const system = await launcher.startSystem();
    const originUrl = origin?.origin ?? (await startOrigin(launcher, plan));
    const { unixSocketPath, caCertificate, ...urls } = await configure(launcher, system, {
      ...plan.system,
      epochNs: String(takeEpochNs()),
      seed: plan.seed,
      host: '127.0.0.1',
      port,
      temporaryFolder: files.folder,
      unixSocketPath: join(files.folder, 'system.sock'),
      spillFolder: join(files.folder, 'spill'),
      storePath: join(dataFolder ?? files.folder, EVENTS_FILE),
      originUrl,
      strategies: strategy.byBoundary,
      sampleIntervalMs: SAMPLE_INTERVAL_MS,
    });
    const addresses: ServedAddresses = {
      proxyUrl: urls.proxyUrl,
      reverseUrl: urls.reverseUrl,
      sseUrl: urls.sseUrl,
      publishUrl: urls.publishUrl,
      wsUrl: urls.wsUrl,
      wsEchoUrl: urls.wsEchoUrl,
      metricsUrl: urls.metricsUrl,
      healthUrl: urls.healthUrl,
      originUrl: `${originUrl}/`,
      caCertPath: exportCertificate(caCertificate, caCertPath, files),
    };
    isUp = true;
    if (origin !== undefined) await warnOfSilence(origin);
    if (!interrupt.signal.aborted) {
      await writeOut(
        options.json
          ? `${JSON.stringify(addresses)}\n`
          : renderAddresses(strategy.name, { ...addresses, unixSocketPath }),
      );
    }
    await untilInterrupted(launcher, interrupt.signal);
    const finished = system.waitFor('finished', FINISH_DEADLINE_MS + 2000);
    system.send({ type: 'finish', deadlineMs: FINISH_DEADLINE_MS });
    await finished;
    if (!options.json) writeErr('stopped\n');
    process.exitCode = EXIT.ok;
  } catch (thrown) {
    // A signal to the whole group ends a child that does not yet listen for it: that is no accident.
    if (!interrupt.signal.aborted || isUp || !isDeath(thrown)) throw thrown;
  } finally {
    await launcher.stopAll();
    clearTimeout(longEnd);
  }
}

/** The one strategy of `--strategy`; what is worth knowing of it is said. */
function chooseOne({ strategy, at }: ServeOptions, plan: ScenarioPlan): StrategyChoice {
  if (strategy.length > 1) {
    throw new BenchError('BPB_ERR_USAGE', `serve expects one --strategy, got ${strategy.length}`, {
      hints: ['--at boundary=strategy sets one boundary alone'],
    });
  }
  const chosen = chooseStrategies(strategy, at, plan.boundary, plan.system.ws);
  const [choice, second] = chosen.choices;
  if (choice === undefined) throw new BenchError('BPB_ERR_INTERNAL', 'no strategy was chosen');
  if (second !== undefined) throw new BenchError('BPB_ERR_USAGE', 'serve expects one --strategy, got all');
  writeErr(renderNotices(chosen, lookOf(process.stderr, 'auto').width));
  return choice;
}

async function startOrigin(launcher: Launcher, plan: ScenarioPlan): Promise<string> {
  const { url } = await launcher.startOrigin({ host: '127.0.0.1', port: 0, ...plan.system.origin });
  return url;
}

/** Says in a user's words what a port that cannot be had looks like to the system. */
async function configure(
  launcher: Launcher,
  system: SystemProcess,
  config: SystemConfig,
): Promise<SystemAddresses> {
  try {
    return await launcher.configureSystem(system, config);
  } catch (thrown) {
    const code = /\b(EADDRINUSE|EACCES)\b/.exec(messageOf(thrown))?.[1];
    if (code === undefined || config.port === 0) throw thrown;
    const why = code === 'EACCES' ? 'is not for everybody' : 'is in use';
    throw new BenchError('BPB_ERR_START_FAILED', `port ${config.port} of ${config.host} ${why}`, {
      hints: ['another --port, or none for a free one'],
      cause: thrown,
    });
  }
}

/** A path to a file that is not there, in a folder that is: a certificate is written over nothing. */
function findFreePath(path: string): string {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) {
    throw new BenchError('BPB_ERR_USAGE', `--ca-cert: the folder ${folder} does not exist`);
  }
  if (!existsSync(path)) return resolve(path);
  throw new BenchError('BPB_ERR_USAGE', `--ca-cert: ${path} exists already`, {
    hints: ['remove it, or name another file'],
  });
}

/** Only the last part of the path is made: a mistyped one should not leave a tree behind. */
function makeDataFolder(path: string, plan: ScenarioPlan): string {
  if (path === '') throw new BenchError('BPB_ERR_USAGE', "--data expects a folder, got ''");
  const folder = resolve(path);
  if (plan.system.store.mode === 'none') {
    throw new BenchError(
      'BPB_ERR_USAGE',
      '--data keeps the events of the store, and system.store.mode is none',
      {
        hints: ['--set system.store.mode=sqlite'],
      },
    );
  }
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    else if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
  } catch (cause) {
    throw new BenchError('BPB_ERR_USAGE', `--data: ${folder} cannot be used: ${messageOf(cause)}`, { cause });
  }
  return folder;
}

function exportCertificate(
  certificate: string | null,
  path: string | undefined,
  files: TemporaryFiles,
): string | null {
  if (certificate === null) return null;
  const written = path ?? join(files.folder, 'ca.pem');
  writeCertificate(written, certificate);
  if (path !== undefined) files.add(path, certificate);
  return written;
}

async function warnOfSilence(origin: URL): Promise<void> {
  const reason = await findOriginSilent(origin);
  if (reason === undefined) return;
  writeErr(`warning: nothing takes connections at ${origin.origin} yet (${reason}): requests get 502\n`);
}

function isDeath(thrown: unknown): boolean {
  return thrown instanceof BenchError && thrown.code === 'BPB_ERR_PROCESS_DIED';
}

/** Errors: BPB_ERR_PROCESS_DIED when a process ends first. */
async function untilInterrupted(launcher: Launcher, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const death = await Promise.race([stopped, launcher.firstDeath()]);
  if (death !== undefined) throw describeDeath(death);
}

function renderAddresses(strategy: string, addresses: object): string {
  const rows = Object.entries(addresses).map(([name, url]) => `  ${name.padEnd(16)}${url ?? 'none'}`);
  return `the system under test is up (${strategy}); Ctrl-C stops it\n${rows.join('\n')}\n`;
}
