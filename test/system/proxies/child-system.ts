/** The parent's side of `system.child.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SystemAddresses } from '../../../src/system/control.ts';
import type { StartOptions } from '../../helpers/system.ts';
import type { Reading } from './system.child.ts';

const CHILD = fileURLToPath(new URL('./system.child.ts', import.meta.url));

export class ChildSystem implements AsyncDisposable {
  readonly addresses: SystemAddresses;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: SystemAddresses) {
    this.#child = child;
    this.addresses = addresses;
  }

  static async start(options: StartOptions): Promise<ChildSystem> {
    const child = fork(CHILD, [JSON.stringify(options)], { execArgv: ['--expose-gc'] });
    const [addresses] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`the system ended with ${code}`);
      }),
    ])) as [SystemAddresses];
    return new ChildSystem(child, addresses);
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** `exact` collects garbage before it looks. */
  async read(how: 'exact' | 'quick'): Promise<Reading> {
    const { exitCode, signalCode } = this.#child;
    if (!this.#child.connected) throw new Error(`the system has ended with ${signalCode ?? exitCode}`);
    this.#child.send(how);
    const [reading] = (await once(this.#child, 'message')) as [Reading];
    return reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}
