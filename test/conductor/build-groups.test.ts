import { describe, expect, it } from 'vitest';
import { buildGroup } from '../../src/conductor/build-groups.ts';
import type { RecordInput } from '../../src/conductor/build-record.ts';
import { LatencyHistogram } from '../../src/core/histogram.ts';
import type { ClientGroup } from '../../src/core/plan.ts';
import { createRecord } from '../report/fixtures.ts';

describe("a feed of somebody else's service that nobody publishes to", () => {
  const { scenario } = createRecord();
  const group = scenario.clients.find(({ path }) => path === 'sse') as ClientGroup;
  const sample = { due: 0, received: 500, failures: {}, pending: 0, inTime: 0 };
  const input = {
    plan: scenario,
    target: { urls: { sse: 'http://127.0.0.1:3000/' }, publishUrl: null },
    outcome: {
      collector: {
        load: { groups: { [group.name]: sample } },
        reconciler: { byGroup: new Map(), reading: new Map() },
        latency: { ofGroup: () => new LatencyHistogram(), unmeasured: new Map() },
      },
    },
  } as unknown as RecordInput;

  it('is counted, and neither late nor lost: nobody knows when and what it meant to send', () => {
    const { ledger, latency } = buildGroup(group, input);
    expect(ledger).toMatchObject({ offered: 500, delivered: 500 });
    expect(latency.deadlineMiss.share).toBeNull();
    expect(latency.all).toMatchObject({ count: 0, undelivered: 0, p99: null });
  });
});
