/** Starts the processes of a run, and ends all of them whatever happened. */
import type { FromLoad, ToLoad } from '../load/control.ts';
import type { FromOrigin, OriginConfig, ToOrigin } from '../origin/control.ts';
import type { FromSystem, SystemAddresses, SystemConfig, ToSystem } from '../system/control.ts';
import { ChildHandle, type Death } from './child-handle.ts';

export type { SystemAddresses, SystemConfig };
export type SystemProcess = ChildHandle<ToSystem, FromSystem>;
export type LoadProcess = ChildHandle<ToLoad, FromLoad>;
export type OriginProcess = ChildHandle<ToOrigin, FromOrigin>;

const READY_TIMEOUT_MS = 15_000;
const LISTEN_TIMEOUT_MS = 10_000;

/** `.ts` in a checkout, `.js` in the published package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

function entryOf(room: 'system' | 'load' | 'origin'): URL {
  return new URL(`../${room}/main${EXTENSION}`, import.meta.url);
}

/** Every process of one run; `await using` ends them all. */
export class Launcher implements AsyncDisposable {
  readonly #children: ChildHandle<{ type: string }, { type: string }>[] = [];
  readonly #env: Readonly<Record<string, string>>;

  /** `env`: variables that the processes have beside those of this one. */
  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = env;
  }

  /** Starts the load worker and waits until it is up. */
  async startLoad(): Promise<LoadProcess> {
    const child = this.#start<ToLoad, FromLoad>('load worker', 'load');
    await child.waitFor('ready', READY_TIMEOUT_MS);
    return child;
  }

  /** Starts an origin and waits until it listens. */
  async startOrigin(config: OriginConfig): Promise<{ process: OriginProcess; url: string }> {
    const child = this.#start<ToOrigin, FromOrigin>('origin', 'origin');
    await child.waitFor('ready', READY_TIMEOUT_MS);
    child.send({ type: 'start', config });
    const { url } = await child.waitFor('listening', LISTEN_TIMEOUT_MS);
    return { process: child, url };
  }

  /** Starts a system process that waits for its configuration: see {@link configureSystem}. */
  async startSystem(): Promise<SystemProcess> {
    const child = this.#start<ToSystem, FromSystem>('system', 'system');
    await child.waitFor('ready', READY_TIMEOUT_MS);
    return child;
  }

  async configureSystem(child: SystemProcess, config: SystemConfig): Promise<SystemAddresses> {
    child.send({ type: 'start', config });
    return (await child.waitFor('listening', LISTEN_TIMEOUT_MS)).addresses;
  }

  /** Resolves when one of the processes is gone, with how it ended. */
  firstDeath(): Promise<Death> {
    return Promise.race(this.#children.map((child) => child.died));
  }

  /** Ends every process: asks, insists, kills. Resolves when all are gone. */
  async stopAll(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll();
  }

  #start<In extends { type: string }, Out extends { type: string }>(
    name: string,
    room: 'system' | 'load' | 'origin',
  ): ChildHandle<In, Out> {
    const child = new ChildHandle<In, Out>(name, entryOf(room), this.#env);
    this.#children.push(child as unknown as ChildHandle<{ type: string }, { type: string }>);
    return child;
  }
}
