/** What the tests of the SSE feed have in common: publishing within a bound, and the books of a connection. */
import { expect } from 'vitest';
import { createEmptyLedger, findUnaccounted, sumReasons } from '../../../src/core/ledger.ts';
import type { ConnectionAccount, SseSample } from '../../../src/core/samples.ts';
import { TestSseClient } from '../../helpers/sse-client.ts';
import { type RunningSystem, until } from '../../helpers/system.ts';

export interface PublishOptions {
  readonly bytes?: number;
  /** What the i-th event says of itself, as a query. */
  readonly query?: (i: number) => string;
  readonly at?: number;
  readonly batch?: number;
}

/** A few at a time: a queue of 64 is meant for what comes within a moment. Answers the statuses. */
export async function publishAll(
  { addresses }: RunningSystem,
  count: number,
  { bytes = 0, query = () => '', batch = 20 }: PublishOptions = {},
): Promise<number[]> {
  const statuses: number[] = [];
  for (let done = 0; done < count; done += batch) {
    const sent = Array.from({ length: Math.min(batch, count - done) }, async (_, i) => {
      const body = `e${done + i}`.padEnd(bytes, 'x');
      const response = await fetch(`${addresses.publishUrl}?${query(done + i)}`, { method: 'POST', body });
      await response.arrayBuffer();
      return response.status;
    });
    statuses.push(...(await Promise.all(sent)));
  }
  return statuses;
}

export function sseOf({ system }: RunningSystem): SseSample {
  return system.sample().sse as SseSample;
}

/** Subscribes and waits until the system knows of it: also for somebody who reads nothing. */
export async function subscribe(
  running: RunningSystem,
  options: ConstructorParameters<typeof TestSseClient>[1] = {},
): Promise<TestSseClient> {
  const openNow = () => running.system.sample().connections.sse.open;
  const before = openNow();
  const client = new TestSseClient(running.addresses, options);
  await until(() => openNow() > before, 'the client is subscribed');
  return client;
}

/** The accounts of connections that have ended, by client; each must close by itself. */
export async function accountsOf(
  running: RunningSystem,
  clientIds: readonly string[],
): Promise<ConnectionAccount[]> {
  const accounts = new Map<string | null, ConnectionAccount>();
  await until(
    () => {
      for (const account of running.system.takeAccounts()) accounts.set(account.clientId, account);
      return clientIds.every((id) => accounts.has(id));
    },
    `the accounts of ${clientIds.join(', ')} are closed`,
  );
  for (const account of accounts.values()) expectClosed(account);
  return clientIds.map((id) => accounts.get(id) as ConnectionAccount);
}

export async function accountOf(running: RunningSystem, clientId: string): Promise<ConnectionAccount> {
  return (await accountsOf(running, [clientId]))[0] as ConnectionAccount;
}

export function expectClosed({ offered, delivered, dropped, coalesced, failed }: ConnectionAccount): void {
  const ledger = { ...createEmptyLedger(), offered, delivered, dropped, coalesced, failed };
  expect(findUnaccounted(ledger), `unaccounted of ${JSON.stringify(ledger)}`).toBe(0);
  for (const column of [dropped, coalesced, failed]) {
    for (const count of Object.values(column)) expect(count).toBeGreaterThan(0);
  }
}

export function lossOf({ dropped, coalesced, failed }: ConnectionAccount): number {
  return sumReasons(dropped) + sumReasons(coalesced) + sumReasons(failed);
}

/** What the words of the feed say is missing, id by id. */
export function toldMissing(client: TestSseClient): number[] {
  return client.ofType('gap').flatMap(({ data }) => {
    const { from, to, missed } = JSON.parse(data) as { from: number; to: number; missed: number };
    expect(missed).toBe(to - from + 1);
    return Array.from({ length: missed }, (_, i) => from + i);
  });
}
