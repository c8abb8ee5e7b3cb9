/** Starts the service of this folder, or another version of it, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Service extends AsyncDisposable {
  /** What bpbench is pointed at. */
  readonly target: string[];
}

export async function startService(file: string, environment: Record<string, string> = {}): Promise<Service> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { port } = JSON.parse(await firstLineOf(child)) as { port: number };
  const at = `127.0.0.1:${port}`;
  return {
    target: [`http://${at}/health`, `sse+http://${at}/events`, `publish+http://${at}/publish`],
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

async function firstLineOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the service has no stdout');
  for await (const line of createInterface(stdout)) return line;
  throw new Error('the service ended before it listened');
}
