/**
 * One system, one upstream server that notes every byte, and what has to hold after whatever was done to them: the
 * process lives, each connection ended with one code, the ledgers close, nothing is left, a clean request succeeds.
 */
import { expect } from 'vitest';
import type { SystemSettings } from '../../../src/core/plan.ts';
import type { RawClient } from '../../helpers/raw-http.ts';
import { RawUpstream, type UpstreamScript } from '../../helpers/raw-upstream.ts';
import { type RunningSystem, type StartOptions, startSystem, until } from '../../helpers/system.ts';
import { type Identity, testAuthority } from '../../helpers/tls-origin.ts';
import { createEntrance, type Entrance, type PathName } from './entrances.ts';

export interface TrialOptions {
  script?: UpstreamScript;
  settings?: StartOptions['settings'];
  parts?: StartOptions['parts'];
  upstream?: number;
  identity?: Identity;
}

export class Trial implements AsyncDisposable {
  readonly running: RunningSystem;
  readonly upstream: RawUpstream;
  readonly entrance: Entrance;
  readonly #clients: RawClient[] = [];
  readonly #incidents: string[] = [];
  readonly #onRejection = (reason: unknown) => this.#incidents.push(`unhandled rejection: ${reason}`);
  readonly #onException = (error: Error) => this.#incidents.push(`uncaught: ${error.stack}`);
  readonly #onWarning = (warning: Error) => this.#incidents.push(`warning: ${warning.stack}`);
  /** Connections that were made, by proxy. */
  readonly #opened = { reverse: 0, forward: 0 };
  readonly #ownTasks: Readonly<Record<string, number>>;

  private constructor(running: RunningSystem, upstream: RawUpstream, entrance: Entrance) {
    this.running = running;
    this.upstream = upstream;
    this.entrance = entrance;
    this.#ownTasks = { ...running.system.sample().tasks.byKind };
    process.on('unhandledRejection', this.#onRejection);
    process.on('uncaughtExceptionMonitor', this.#onException);
    process.on('warning', this.#onWarning);
  }

  static async start(path: PathName, options: TrialOptions = {}): Promise<Trial> {
    const authority = testAuthority();
    const identity =
      options.identity ??
      (path === 'intercepted' ? authority.issue({ names: ['localhost', '127.0.0.1'] }) : undefined);
    const upstream = await RawUpstream.start(options.script, identity);
    const running = await startSystem({
      originUrl: `http://127.0.0.1:${upstream.port}`,
      ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
      ...(options.parts === undefined ? {} : { parts: options.parts }),
      settings: {
        store: { mode: 'none' }, // the proxies have nothing to do with it, and it takes a thread to start
        ...options.settings,
        forward: {
          connect: path === 'intercepted' ? 'intercept' : 'tunnel',
          upstreamCa: authority.certificate,
          ...options.settings?.forward,
        } satisfies Partial<SystemSettings['forward']>,
      },
    });
    return new Trial(running, upstream, createEntrance(path, running.addresses, upstream.port));
  }

  async open(): Promise<RawClient> {
    this.#opened[this.entrance.proxy]++;
    const client = await this.entrance.open();
    this.#clients.push(client);
    return client;
  }

  /** A connection that was made elsewhere, to be closed and counted with the others. */
  adopt(client: RawClient): RawClient {
    this.#opened[this.entrance.proxy]++;
    this.#clients.push(client);
    return client;
  }

  /** How many connections ended with each code, on the proxy of this path. */
  codes(): Record<string, number> {
    return { ...this.running.system.sample().terminations?.[this.entrance.proxy].codes };
  }

  /** Requests that reached the upstream server, the clean one of the end left out. */
  forwarded(): string[] {
    return this.upstream
      .requests()
      .map(({ startLine }) => startLine)
      .filter((line) => !line.includes('/clean'));
  }

  /** Asks for something harmless on a connection of its own. */
  async askCleanly(): Promise<void> {
    const client = await this.open();
    client.write(`${this.entrance.head('GET', '/clean')}\r\n`);
    const answer = await client.answer();
    expect(answer.startLine, 'a clean request on a new connection').toMatch(/^HTTP\/1\.1 200/);
    expect(answer.body.toString()).toBe('ok');
    client.destroy();
  }

  /** What has to hold after every abuse. */
  async conclude(): Promise<void> {
    await this.askCleanly();
    expect(
      this.upstream.connections.map(({ malformed }) => malformed).filter(Boolean),
      'what reached upstream is HTTP',
    ).toEqual([]);
    expect(
      this.forwarded().filter((line) => line.includes('smuggled')),
      'nothing was smuggled',
    ).toEqual([]);
    for (const client of this.#clients) client.destroy();
    const booked = () => Object.values(this.codes()).reduce((sum, count) => sum + count, 0);
    const opened = this.#opened[this.entrance.proxy];
    const { system } = this.running;
    await until(
      () => booked() >= opened && Object.keys(this.#leftTasks()).length === 0,
      `${opened} connections are booked and no tasks are left (${JSON.stringify(this.codes())}, ${JSON.stringify(this.#leftTasks())})`,
      5000,
    ).catch(() => {});
    expect(booked(), `one code for each connection: ${JSON.stringify(this.codes())}`).toBe(opened);
    expect(
      Object.keys(this.codes()).filter((code) => code.startsWith('I')),
      'no internal errors',
    ).toEqual([]);
    expect(this.#leftTasks(), 'tasks left').toEqual({});
    for (const [name, { ledger }] of Object.entries(system.sample().boundaries))
      expect(ledger.unaccounted, `${name}: ${JSON.stringify(ledger)}`).toBe(0);
    expect(this.#incidents.splice(0)).toEqual([]);
  }

  /** Beyond those that the system has for itself. */
  #leftTasks(): Record<string, number> {
    const left: Record<string, number> = {};
    for (const [kind, count] of Object.entries(this.running.system.sample().tasks.byKind)) {
      const own = this.#ownTasks[kind] ?? 0;
      if (count > own) left[kind] = count - own;
    }
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.running[Symbol.asyncDispose]();
    await this.upstream[Symbol.asyncDispose]();
    process.off('unhandledRejection', this.#onRejection);
    process.off('uncaughtExceptionMonitor', this.#onException);
    process.off('warning', this.#onWarning);
    expect(this.#incidents, 'while shutting down').toEqual([]);
  }
}
