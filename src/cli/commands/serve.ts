/** `bpbench serve`: the system under test and its origin, kept running for clients of one's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseStrategies } from '../../conductor/strategies.ts';
import { takeEpochNs } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { EXIT } from '../../core/exit-codes.ts';
import { drawSeed } from '../../core/random.ts';
import { resolvePlan } from '../../scenarios/resolve.ts';
import { describeDeath } from '../../targets/child-handle.ts';
import { Launcher } from '../../targets/launcher.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { loadPlayable } from '../load-playable.ts';
import { renderNotices } from '../notices.ts';
import { writeErr, writeOut } from '../streams.ts';
import { lookOf } from '../terminal.ts';

export interface ServeOptions {
  strategy: string[];
  at: string[];
  port?: number;
  json?: boolean;
}

const SAMPLE_INTERVAL_MS = 1000;
const FINISH_DEADLINE_MS = 3000;

export async function serveCommand(scenario: string | undefined, options: ServeOptions): Promise<void> {
  const port = options.port ?? 0;
  if (port > 65_535) throw new BenchError('BPB_ERR_USAGE', `--port expects 0 to 65535, got ${port}`);
  if (options.strategy.length > 1) {
    throw new BenchError('BPB_ERR_USAGE', `serve expects one --strategy, got ${options.strategy.length}`, {
      hints: ['--at boundary=strategy sets one boundary alone'],
    });
  }
  const plan = resolvePlan(loadPlayable(scenario ?? 'burst'), { seed: drawSeed() });
  const chosen = chooseStrategies(options.strategy, options.at, plan.boundary);
  const [choice, second] = chosen.choices;
  if (choice === undefined) throw new BenchError('BPB_ERR_INTERNAL', 'no strategy was chosen');
  if (second !== undefined) throw new BenchError('BPB_ERR_USAGE', 'serve expects one --strategy, got all');
  writeErr(renderNotices(chosen, lookOf(process.stderr, 'auto').width));

  using interrupt = listenForInterrupt(() => {});
  const folder = await mkdtemp(join(tmpdir(), 'bpbench-'));
  const launcher = new Launcher();
  try {
    const origin = await launcher.startOrigin({ host: '127.0.0.1', port: 0, ...plan.system.origin });
    const system = await launcher.startSystem();
    const addresses = await launcher.configureSystem(system, {
      ...plan.system,
      epochNs: String(takeEpochNs()),
      seed: plan.seed,
      host: '127.0.0.1',
      port,
      unixSocketPath: join(folder, 'system.sock'),
      spillFolder: join(folder, 'spill'),
      originUrl: origin.url,
      strategies: choice.byBoundary,
      sampleIntervalMs: SAMPLE_INTERVAL_MS,
    });
    const all = { ...addresses, originUrl: `${origin.url}/` };
    await writeOut(options.json ? `${JSON.stringify(all)}\n` : renderAddresses(choice.name, all));

    const stopped = new Promise<void>((resolve) => {
      if (interrupt.signal.aborted) resolve();
      interrupt.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const died = Promise.race([system.died, origin.process.died]);
    const death = await Promise.race([stopped, died]);
    if (death !== undefined) throw describeDeath(death);
    const finished = system.waitFor('finished', FINISH_DEADLINE_MS + 2000);
    system.send({ type: 'finish', deadlineMs: FINISH_DEADLINE_MS });
    await finished;
    if (!options.json) writeErr('stopped\n');
    process.exitCode = EXIT.ok;
  } finally {
    await launcher.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

function renderAddresses(strategy: string, addresses: Record<string, string | null>): string {
  const rows = Object.entries(addresses).map(([name, url]) => `  ${name.padEnd(16)}${url}`);
  return `the system under test is up (${strategy}); Ctrl-C stops it\n${rows.join('\n')}\n`;
}
