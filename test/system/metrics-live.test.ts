/** The page of a running system, read again and again while events, messages and requests go through it. */
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { SystemAddresses } from '../../src/system/control.ts';
import { describeWith } from '../clients/requirement.ts';
import { publish, startSystem, until } from '../helpers/system.ts';
import { type Family, parsePrometheusText } from './prometheus-text.ts';

const CLIENTS = 5;
const EVENTS = 60;

async function readPage(addresses: SystemAddresses): Promise<string> {
  const response = await fetch(addresses.metricsUrl);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

/** Open SSE streams and sockets; the last stream never reads, over a socket whose kernel buffer is small. */
async function openClients(addresses: SystemAddresses): Promise<AsyncDisposable> {
  const ending = new AbortController();
  const streams = Array.from({ length: CLIENTS - 1 }, async () => {
    const { body } = await fetch(addresses.sseUrl, { signal: ending.signal });
    void body?.pipeTo(new WritableStream()).catch(() => {}); // ends by the signal
  });
  await Promise.all(streams);
  const frozen = connect(addresses.unixSocketPath as string);
  frozen.pause();
  frozen.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const sockets = Array.from({ length: CLIENTS }, () => new WebSocket(addresses.wsUrl));
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.addEventListener('open', resolve))),
  );
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      frozen.destroy();
      for (const socket of sockets) socket.close();
    },
  };
}

const value = (page: Map<string, Family>, name: string, labels: Record<string, string> = {}) =>
  page
    .get(name)
    ?.samples.find((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))
    ?.value;

/** Names and labels of everything that must never fall. */
function countersOf(page: Map<string, Family>): Map<string, number> {
  const counters = new Map<string, number>();
  for (const { type, samples } of page.values()) {
    if (type === 'gauge') continue;
    for (const sample of samples) counters.set(JSON.stringify([sample.name, sample.labels]), sample.value);
  }
  return counters;
}

describe('GET /metrics of a system under load', () => {
  it('is Prometheus text at every moment, its counters never fall, and it agrees with the system', async () => {
    await using running = await startSystem({ strategies: { 'sse.client': 'drop-oldest,capacity=4' } });
    const { system, addresses } = running;
    await using _clients = await openClients(addresses);
    await until(() => system.sample().connections.sse.open === CLIENTS, 'all streams are open');

    let before = countersOf(parsePrometheusText(await readPage(addresses)));
    const text = 'x'.repeat(16 * 1024);
    for (let round = 0; round < EVENTS; round++) {
      const [page] = await Promise.all([
        readPage(addresses),
        publish(addresses, text),
        fetch(addresses.reverseUrl),
      ]);
      const counters = countersOf(parsePrometheusText(page));
      for (const [series, count] of before)
        expect([series, (counters.get(series) ?? -1) >= count]).toEqual([series, true]);
      before = counters;
    }

    const page = parsePrometheusText(await readPage(addresses));
    expect(value(page, 'sse_connections')).toBe(CLIENTS);
    expect(value(page, 'bpbench_connections', { path: 'ws' })).toBe(CLIENTS);
    expect(value(page, 'bpbench_events_published_total')).toBe(EVENTS);
    expect(value(page, 'bpbench_requests_started_total')).toBe(EVENTS);
    // One client of five never reads: its queue of four drops most of what comes.
    expect(value(page, 'rate_limit_drops_total')).toBeGreaterThan(EVENTS / 2);
    expect(value(page, 'bpbench_queue_items_max', { boundary: 'sse.client' })).toBe(4);
    expect(value(page, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(value(page, 'process_start_time_seconds')).toBeGreaterThan(1_700_000_000);
    // Every event was in the store before it was acknowledged, and the projections have seen it or are about to.
    expect(value(page, 'events_appended_total')).toBe(EVENTS);
    const { samples = [] } = page.get('append_duration_seconds') ?? {};
    expect(samples.find(({ name }) => name.endsWith('_count'))?.value).toBe(EVENTS);
    expect(page.get('projection_lag_events')?.samples.map(({ labels }) => labels['projection'])).toEqual([
      'todo_list',
      'user_profile',
      'analytics',
    ]);
    for (const name of ['sse_emit_duration_seconds', 'batch_sizes', 'bpbench_ws_outbound_seconds']) {
      const count = page.get(name)?.samples.find((sample) => sample.name === `${name}_count`)?.value;
      expect([name, (count ?? 0) > 0]).toEqual([name, true]);
    }
    expect(value(page, 'broadcast_lags_total')).toBeGreaterThanOrEqual(0);
    expect(value(page, 'bpbench_ws_queue_full_total')).toBeGreaterThanOrEqual(0);
  });
});

describeWith({ promtool: 'prometheus' }, 'promtool', () => {
  it('finds nothing to say against the page', async () => {
    await using running = await startSystem();
    await using _clients = await openClients(running.addresses);
    for (let round = 0; round < 3; round++) await publish(running.addresses, 'an event');
    const input = await readPage(running.addresses);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    expect({ status, told: stdout + stderr }).toEqual({ status: 0, told: '' });
  });
});
