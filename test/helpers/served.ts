/** `bpbench serve` as a process that is started, ended and killed again over the same data. */
import { createInterface } from 'node:readline';
import { findMarked, type RunningCli, startCli } from './cli.ts';

export interface ServedUrls {
  proxyUrl: string;
  reverseUrl: string;
  sseUrl: string;
  publishUrl: string;
  wsUrl: string;
  wsEchoUrl: string;
  metricsUrl: string;
}

export interface Served extends AsyncDisposable {
  readonly urls: ServedUrls;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Every process of it at once, by SIGKILL. */
  kill(): Promise<void>;
}

export async function startServed(args: readonly string[]): Promise<Served> {
  const running = startCli(['serve', ...args, '--json']);
  const urls = await readUrls(running);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (signal === 'SIGTERM') running.child.kill(signal);
    else {
      for (const { pid } of findMarked(running.mark)) {
        try {
          process.kill(pid, signal);
        } catch {
          // gone meanwhile
        }
      }
    }
    await running.done;
  };
  return {
    urls,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

async function readUrls({ child, done, stderr }: RunningCli): Promise<ServedUrls> {
  if (child.stdout === null) throw new Error('no stdout');
  const lines = createInterface({ input: child.stdout });
  const first = new Promise<string>((resolve) => lines.once('line', resolve));
  const line = await Promise.race([first, done.then(() => undefined)]);
  lines.close();
  child.stdout.resume();
  if (line === undefined) throw new Error(`serve ended before it was ready: ${stderr()}`);
  return JSON.parse(line) as ServedUrls;
}
