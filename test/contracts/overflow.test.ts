/** What every overflow policy owes, whatever it decides. Runs over the registry: a new policy needs no row here. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryView, OverflowPolicy, QueueView } from '../../src/system/overflow/policy.ts';
import { findOverflowPolicy, OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { type Configuration, configurationsOf, configure, SOUND } from '../overflow/configurations.ts';
import { makeItem, Probe } from '../overflow/probe.ts';
import { apply, play, SEED, type Step, schedule, settle } from '../overflow/schedules.ts';

describe('the registry', () => {
  it.each(Object.entries<OverflowPolicy>(OVERFLOW_POLICIES))(
    '%s stands under its own name',
    (key, policy) => {
      expect(policy).toMatchObject({ name: key, stage: 'overflow' });
      expect(policy.specimen ?? false).toBe(key.startsWith('as-written/'));
      for (const alias of policy.aliases ?? []) expect(findOverflowPolicy(alias)).toBe(policy);
    },
  );
});

/** Offers beyond every bound, waits, and takes some: something of everything. */
const TRACE: readonly Step[] = [
  ...offers(1, 4),
  { do: 'take' },
  ...offers(5, 4),
  { do: 'advance', ms: 40 },
  { do: 'deliver' },
  ...offers(9, 2),
  { do: 'take' },
  { do: 'take' },
  { do: 'advance', ms: 80 },
  { do: 'fail' },
  ...offers(11, 3),
];

function offers(first: number, count: number): Step[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return { do: 'offer', bytes: 10 + (n % 3) * 10, class: n % 4, key: `k${n % 3}`, flow: `f${n % 2}` };
  });
}

const BOUNDS = { capacityItems: 3, capacityBytes: 70, maxWaiters: 3 };

describe.each(SOUND)('overflow policy $name', (policy) => {
  const configurations = configurationsOf(policy);

  it('keeps the contract under random schedules, with every setting; what it declares is what it does', async () => {
    const seen = { reasons: new Set<string>(), effects: new Set<string>() };
    for (const { title, make } of configurations) {
      const property = fc.asyncProperty(schedule, async (one) => {
        const { probe, reads } = await playWatched(make(), one);
        for (const read of reads)
          expect(probe.policy.effects, `${title} reads it`).toHaveProperty(read, true);
        for (const reason of probe.reasons) seen.reasons.add(reason);
        for (const effect of [...probe.effects, ...reads]) seen.effects.add(effect);
      });
      await fc.assert(property, { seed: SEED, numRuns: 60 });
    }
    const all = configurations.map(({ make }) => make());
    expect([...seen.reasons].sort()).toEqual(
      [...new Set(all.flatMap(({ reasons }) => reasons))].filter(isPoliced).sort(),
    );
    const declared = new Set(
      all.flatMap(({ effects }) =>
        Object.entries(effects)
          .filter(isClaim)
          .map(([name]) => name),
      ),
    );
    expect([...seen.effects].sort()).toEqual([...declared].sort());
  });

  it.each(configurations)(
    '$title: may be closed, discarded or cancelled at every point',
    async ({ make }) => {
      for (let point = 0; point <= TRACE.length; point++) {
        for (const how of ['close', 'discard', 'cancel'] as const) {
          const probe = new Probe(make(), BOUNDS);
          for (const step of TRACE.slice(0, point)) apply(probe, step);
          if (how === 'cancel') for (const abort of probe.aborts) abort.abort();
          else apply(probe, { do: how });
          probe.check();
          for (const step of TRACE.slice(point)) {
            apply(probe, step);
            probe.check();
          }
          probe.channel.close();
          probe.drain();
          await settle();
          probe.checkFinished();
        }
      }
    },
  );

  it.each(configurations)('$title: a hook that throws fails that one item, and is heard', (configuration) => {
    const sound = configuration.make();
    const hooks = HOOKS.filter((hook) => sound[hook] !== undefined);
    expect(hooks).toContain('onFull');
    for (const hook of hooks) {
      for (let call = 1; call <= 3; call++) {
        const probe = new Probe(throwing(configuration.make(), hook, call), BOUNDS);
        const thrown = TRACE.filter((step) => doesThrow(() => apply(probe, step)));
        if (thrown.length === 0) continue; // not called so often
        expect(thrown.length).toBe(1);
        expect(probe.channel.ledger()).toMatchObject({ unaccounted: 0 });
        if (thrown[0]?.do === 'offer') {
          expect(probe.channel.ledger().failed['policy_error'], `${hook} ${call}`).toBe(1);
        }
      }
    }
  });

  it.each(configurations)(
    '$title: an item above the byte bound is too large and costs nobody else',
    ({ make }) => {
      const isBounded = make().bounded ?? true;
      const probe = new Probe(make(), { capacityItems: 3, capacityBytes: 100 });
      probe.offer(makeItem(1, { bytes: 40, class: 0 }));
      const [depth, spilled] = [probe.channel.depthItems, probe.channel.spilledItems];
      const answer = probe.offer(makeItem(2, { bytes: 101, class: 0 }));
      if (!isBounded) return;
      expect(answer).toBe('dropped');
      expect(probe.channel.ledger().dropped).toEqual({ too_large: 1 });
      expect([probe.channel.depthItems, probe.channel.spilledItems]).toEqual([depth, spilled]);
    },
  );

  it('takes items of size 0 up to exactly its capacity, which is not rounded up', () => {
    const items = policy.fixedCapacityItems ?? 5;
    const probe = new Probe(configure(policy), { capacityItems: 5 });
    for (let id = 1; id <= items; id++) {
      expect(probe.offer(makeItem(id, { class: 0, key: `k${id}` }))).toBe('queued');
    }
    expect([probe.channel.depthItems, probe.channel.pressureEvents]).toEqual([items, 0]);
    probe.offer(makeItem(items + 1, { class: 0, key: 'last' }));
    expect(probe.channel.pressureEvents).toBe(1);
    probe.check();
  });

  it('works with a capacity of one', async () => {
    for (const { make } of configurations) {
      const probe = new Probe(make(), { capacityItems: 1, capacityBytes: 0 });
      for (const step of TRACE) {
        apply(probe, step);
        probe.check();
      }
      probe.channel.close();
      probe.drain();
      await settle();
      probe.checkFinished();
    }
  });

  it('tells what it is: rule, order, loss, prediction, and parameters in their range', () => {
    const { details, params, summary } = policy;
    for (const text of [summary, details.rule, details.prediction, details.bestFor])
      expect(text).not.toBe('');
    expect(summary.length).toBeLessThanOrEqual(64);
    expect(details.guarantees.map((line) => line.split(':')[0])).toEqual(
      expect.arrayContaining(['order', 'loss']),
    );
    expect(details.gotchas.length).toBeGreaterThan(0);
    if (params.length > 0) expect(policy.configure).toBeDefined();
    for (const param of params) {
      if ('choices' in param) expect(param.choices).toContain(param.default);
      else if (param.default !== null) {
        expect(param.default).toBeGreaterThanOrEqual(param.min);
        expect(param.default).toBeLessThanOrEqual(param.max ?? Number.POSITIVE_INFINITY);
      }
    }
    expect(policy.findProblem?.((configurations[0] as Configuration).params)).toBeUndefined();
  });

  it('configured with its defaults it is what it is without', () => {
    const facts = ({ name, effects, reasons, params }: OverflowPolicy) => ({
      name,
      effects,
      reasons,
      params,
    });
    expect(facts(configure(policy))).toEqual(facts(policy));
  });
});

const HOOKS = ['onFull', 'absorb', 'capacityFor', 'capacityBytesFor', 'evictMore', 'onWaitOver'] as const;

/** Reasons that a schedule of offers brings about; those of the channel itself are not the policy's. */
function isPoliced(reason: string): boolean {
  return !['cancelled', 'closed'].includes(reason);
}

function isClaim([, value]: [string, unknown]): boolean {
  return value !== false && value !== 'never';
}

function throwing(policy: OverflowPolicy, hook: (typeof HOOKS)[number], onCall: number): OverflowPolicy {
  let calls = 0;
  const original = policy[hook] as (...args: unknown[]) => unknown;
  return {
    ...policy,
    [hook]: (...args: unknown[]) => {
      if (++calls === onCall) throw new Error(`${hook} failed`);
      return original.apply(policy, args);
    },
  };
}

function doesThrow(action: () => void): boolean {
  try {
    action();
    return false;
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.message.endsWith(' failed'))) throw thrown;
    return true;
  }
}

/** Which `reads…` effect an access to this property means. */
const READS: Record<string, string> = {
  class: 'readsClass',
  ofClass: 'readsClass',
  key: 'readsKey',
  ofKey: 'readsKey',
  flow: 'readsFlow',
  flows: 'readsFlow',
};

/** Plays a schedule on the policy and notes what it reads of items and queue. */
async function playWatched(policy: OverflowPolicy, one: Parameters<typeof play>[1]) {
  const reads = new Set<string>();
  const watch = <V extends object>(seen: V): V =>
    new Proxy(seen, {
      get(target, name) {
        const read = READS[String(name)];
        if (read !== undefined) reads.add(read);
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const watched: Record<string, unknown> = { ...policy };
  for (const hook of HOOKS) {
    const original = policy[hook] as ((...args: unknown[]) => unknown) | undefined;
    if (original === undefined) continue;
    watched[hook] = (queue: QueueView, item: EntryView, evicted: number) =>
      original.call(policy, watch(queue), watch(item), evicted);
  }
  return { probe: await play(watched as unknown as OverflowPolicy, one), reads };
}
