/** A listener that nobody accepts from and whose line is full: one more connection waits for ever. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LISTENS_AND_SLEEPS = `
const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  process.stdout.write(String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000);
  process.exit();
});`;

/** More than the line holds; the last of them wait too. */
const FILLERS = 4;

export class FullBacklog implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #fillers: Socket[];

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    this.#fillers = Array.from({ length: FILLERS }, () => connect(port, '127.0.0.1').on('error', () => {}));
  }

  static async start(): Promise<FullBacklog> {
    const child = spawn(process.execPath, ['-e', LISTENS_AND_SLEEPS], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    const backlog = new FullBacklog(child, Number(text.toString()));
    await once(backlog.#fillers[0] as Socket, 'connect');
    return backlog;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const filler of this.#fillers) filler.destroy();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
