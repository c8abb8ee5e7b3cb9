import { describe, expect, it } from 'vitest';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../src/core/boundary.ts';
import type { StageName } from '../../src/core/strategy.ts';
import type { Effects, Param } from '../../src/system/strategies/definition.ts';
import {
  findRulings,
  findWarnings,
  judge,
  type Part,
  type RulingLevel,
} from '../../src/system/strategies/legality.ts';
import { parseStrategy, readStrategy } from '../../src/system/strategies/parse.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';

/** The worst that is said of a text: `legal`, or level and codes. */
function verdictOf(text: string, boundary: BoundaryName): string {
  const { spec, problems, rulings } = readStrategy(text, boundary);
  expect(spec, JSON.stringify(problems)).not.toBeNull();
  const loud = rulings.filter(({ level }) => level !== 'note');
  const level = loud[0]?.level;
  if (level === undefined) return 'legal';
  return [level, ...new Set(loud.filter((ruling) => ruling.level === level).map(({ code }) => code))].join(
    ' ',
  );
}

/** A part that is in no registry. */
function part(stage: StageName, effects: Effects, more: Partial<Part['definition']> = {}, params = {}): Part {
  const definition = {
    name: `any-${stage}`,
    stage,
    effects,
    params: [],
    reasons: [],
    summary: '',
    details: {} as Part['definition']['details'],
    ...more,
  } satisfies Part['definition'];
  return { definition, effects, params };
}

const verdictsOf = (parts: readonly Part[], boundary: BoundaryName): [RulingLevel, string][] =>
  judge(parts, { name: boundary, facts: { ...BOUNDARIES[boundary], hasDisk: true } }).map(
    ({ level, code }) => [level, code],
  );

describe('each kind of traffic', () => {
  const orders: [
    Effects['reorders'],
    ...Record<'sse' | 'ws' | 'commands' | 'requests' | 'events' | 'output', string>[],
  ][] = [
    ['never', { sse: '', ws: '', commands: '', requests: '', events: '', output: '' }],
    ['across-keys', { sse: 'warning', ws: '', commands: 'refused', requests: '', events: '', output: '' }],
    [
      'across-classes',
      {
        sse: 'refused',
        ws: 'refused',
        commands: 'refused',
        requests: '',
        events: 'refused',
        output: 'refused',
      },
    ],
    [
      'across-flows',
      { sse: 'refused', ws: 'refused', commands: 'refused', requests: '', events: '', output: '' },
    ],
    [
      'always',
      {
        sse: 'refused',
        ws: 'refused',
        commands: 'refused',
        requests: '',
        events: 'refused',
        output: 'refused',
      },
    ],
  ];
  it.each(orders)('bears reordering %s so far as its readers do', (reorders, expected) => {
    const scheduler = part('scheduling', { reorders: reorders as NonNullable<Effects['reorders']> });
    const at = (name: BoundaryName) =>
      verdictsOf([scheduler], name)
        .map(([level]) => level)
        .join();
    expect({
      sse: at('sse.client'),
      ws: at('ws.outbound'),
      commands: at('ws.mailbox'),
      requests: at('proxy.requests'),
      events: at('proxy.events'),
      output: at('proxy.output'),
    }).toEqual(expected);
    expect([at('intercept.pending'), at('sse.bus')]).toEqual([at('sse.client'), at('sse.client')]);
  });

  const rest: [string, Part, Partial<Record<BoundaryName, string>>][] = [
    [
      'coalescing',
      part('shaping', { coalesces: true }),
      { 'proxy.requests': 'refused', 'ws.mailbox': 'refused' },
    ],
    [
      'spilling',
      part('overflow', { serialises: true }),
      {
        'sse.bus': 'warning',
        'sse.client': 'warning',
        'ws.outbound': 'warning',
        'ws.mailbox': 'refused',
        'proxy.requests': 'refused',
        'proxy.events': 'warning',
        'proxy.output': 'warning',
        'intercept.pending': 'warning',
      },
    ],
    [
      'letting go of a consumer',
      part('slow-consumer', { disconnects: true }),
      { 'proxy.requests': 'refused', 'proxy.events': 'refused', 'proxy.output': 'refused' },
    ],
    ['pausing a consumer’s producers', part('slow-consumer', {}), {}],
    [
      'closing the queue',
      part('overflow', { disconnects: true }),
      { 'proxy.requests': 'refused', 'proxy.events': 'refused', 'proxy.output': 'refused' },
    ],
    [
      'sending consumers away',
      part('admission', { disconnects: true }),
      { 'proxy.requests': 'refused', 'proxy.events': 'refused', 'proxy.output': 'refused' },
    ],
    [
      'joining the queues of consumers',
      part('topology', { joinsConsumers: true }),
      {
        'ws.mailbox': 'refused',
        'proxy.requests': 'refused',
        'proxy.events': 'refused',
        'proxy.output': 'refused',
        'intercept.pending': 'refused',
      },
    ],
    [
      'dropping',
      part('overflow', { drops: true }),
      { 'ws.outbound': 'note', 'ws.mailbox': 'refused', 'proxy.requests': 'note', 'proxy.events': 'note' },
    ],
    [
      'dropping by class',
      part('overflow', { drops: true, readsClass: true }),
      { 'ws.outbound': 'note', 'ws.mailbox': 'refused', 'proxy.requests': 'note' },
    ],
    [
      'holding producers',
      part('overflow', { holdsProducer: true }),
      Object.fromEntries(BOUNDARY_NAMES.map((name) => [name, 'note'])),
    ],
  ];
  it.each(rest)('has its rule for %s', (_, one, expected) => {
    for (const name of BOUNDARY_NAMES) {
      expect([
        name,
        verdictsOf([one], name)
          .map(([level]) => level)
          .join(),
      ]).toEqual([name, expected[name] ?? '']);
    }
  });
});

it('a queue without a folder cannot spill', () => {
  const site = { name: 'sse.client', facts: { ...BOUNDARIES['sse.client'], hasDisk: false } };
  expect(judge([part('overflow', { serialises: true })], site).map(({ code }) => code)).toEqual(['no-disk']);
});

describe('parts of one strategy', () => {
  const bytes: Param = { key: 'b', name: 'b', unit: 'bytes', min: 0, default: 0, summary: '' };
  const unbounded = part('overflow', {}, { bounded: false } as object);
  const limit = part('admission', { drops: true }, { reasons: ['admission.concurrency'] });
  const ring = part('topology', { replacesQueue: true, drops: true });
  const byClass = part('scheduling', { readsClass: true });
  const queue = (capacityBytes: number) => part('overflow', {}, {}, { capacityBytes });
  const rule = (b: number, more: object = {}) =>
    part('slow-consumer', {}, { params: [bytes], ...more }, { b });

  const boundRing = part('topology', { replacesQueue: true }, {}, { capacityBytes: 2 ** 20 });
  const share: Param = { key: 's', name: 's', unit: 'share', min: 0, default: 0, summary: '' };
  const reserveOf = (capacityItems: number, s: number) =>
    part('overflow', { readsClass: true }, { params: [share] }, { capacityItems, s });

  const cases: [string, Part[], string[]][] = [
    ['an unbounded queue behind a limit', [limit, unbounded], ['refused unbounded-behind-limit']],
    ['a bounded queue behind a limit', [limit, queue(65)], []],
    [
      'an unbounded queue behind a limit of consumers',
      [part('admission', { disconnects: true }, { reasons: ['admission.concurrency'] }), unbounded],
      [],
    ],
    [
      'an unbounded queue behind a rate',
      [part('admission', {}, { reasons: ['admission.rate'] }), unbounded],
      [],
    ],
    ['a ring alone', [ring], []],
    ['a ring and a rule on its consumers', [ring, rule(5)], []],
    ['a ring and an overflow policy', [ring, queue(1)], ['refused beside-ring']],
    ['a ring and a scheduler', [ring, byClass], ['refused beside-ring']],
    ['a ring and a shaper', [ring, part('shaping', {})], ['refused beside-ring']],
    [
      'a disk and another order',
      [part('overflow', { serialises: true }), part('scheduling', { reorders: 'always' })],
      ['refused spill-order'],
    ],
    [
      'a disk and the same order',
      [part('overflow', { serialises: true }), part('scheduling', { reorders: 'never' })],
      [],
    ],
    [
      'classes and a queue that blocks',
      [part('overflow', { holdsProducer: true }), byClass],
      ['warning priority-block'],
    ],
    ['classes and a judge of age', [byClass, part('aqm', {})], ['warning priority-aqm']],
    [
      'a delay and a judge of age',
      [part('shaping', { delays: true }), part('ttl', {})],
      ['warning delay-age'],
    ],
    ['no delay and a judge of age', [part('shaping', {}), part('ttl', {})], []],
    ['two judges of age', [part('aqm', {}), part('ttl', {})], ['warning two-drop-stages']],
    [
      'a scheduler that drops, and a ttl',
      [part('scheduling', { drops: true }), part('ttl', {})],
      ['warning two-drop-stages'],
    ],
    [
      'two queues in series that drop',
      [part('topology', { drops: true }), part('overflow', { drops: true })],
      ['warning two-drop-stages'],
    ],
    [
      'two controllers',
      [part('admission', { adapts: true }), part('aqm', { adapts: true })],
      ['warning two-controllers'],
    ],
    [
      'two controllers of age, told once',
      [part('scheduling', { adapts: true, drops: true }), part('aqm', { adapts: true })],
      ['warning two-controllers'],
    ],
    ['classes and keys', [byClass, part('overflow', { coalesces: true })], ['note priority-coalesce']],
    [
      'a rule above what the queue holds',
      [queue(2 ** 20), rule(2 ** 20 + 2 ** 16 + 1)],
      ['warning idle-rule'],
    ],
    ['a rule at what the queue holds', [queue(2 ** 20), rule(2 ** 20)], ['warning idle-rule']],
    ['a rule below what the queue holds', [queue(2 ** 20), rule(2 ** 20 - 1)], []],
    ['a rule above a ring', [boundRing, rule(2 ** 20)], ['warning idle-rule']],
    ['a rule below what a ring holds', [boundRing, rule(2 ** 20 - 1)], []],
    [
      'a rule above a queue whose producers wait, and count too',
      [part('overflow', { holdsProducer: true }, {}, { capacityBytes: 2 ** 20 }), rule(2 ** 30)],
      [],
    ],
    ['a queue of bytes for overhead alone', [queue(64)], ['warning nothing-fits']],
    ['a queue of bytes for one byte', [queue(65)], []],
    ['a reserve of less than one place', [reserveOf(4, 0.2)], ['warning empty-reserve']],
    ['a reserve of one place', [reserveOf(5, 0.2)], []],
    ['no reserve', [reserveOf(4, 0)], []],
    ['a rule and a queue without a byte bound', [queue(0), rule(2 ** 40)], []],
    ['a rule on all consumers together', [queue(2 ** 20), rule(2 ** 40, { createShared: () => 0 })], []],
    [
      'a rule behind a relay, which watches the main queue alone',
      [part('topology', {}), queue(2 ** 20), rule(2 ** 20)],
      ['warning idle-rule'],
    ],
  ];
  it.each(cases)('%s', (_, parts, expected) => {
    const found = verdictsOf(parts, 'sse.client')
      .filter(([level, code]) => !(level === 'note' && ['drop', 'hold'].includes(code)))
      .filter(([, code]) => !['order', 'spill'].includes(code))
      .map((one) => one.join(' '));
    expect(found).toEqual(expected);
  });
});

describe('the real parts', () => {
  /** Rows of the catalogue, by boundary: sse.client, ws.outbound, proxy.requests, proxy.events. */
  const table: [text: string, sse: string, ws: string, requests: string, events: string][] = [
    ['block', 'legal', 'legal', 'legal', 'legal'],
    ['drop-oldest', 'legal', 'legal', 'legal', 'legal'],
    ['coalesce', 'warning order', 'legal', 'refused coalesce', 'legal'],
    ['coalesce,position=tail', 'legal', 'legal', 'refused coalesce', 'legal'],
    ['spill', 'warning spill', 'warning spill', 'refused spill', 'warning spill'],
    ['fail', 'legal', 'legal', 'refused one-queue', 'refused one-queue'],
    ['lifo', 'refused order', 'refused order', 'legal', 'refused order'],
    ['adaptive-lifo', 'refused order', 'refused order', 'legal', 'refused order'],
    ['drop-newest + strict-priority', 'refused order', 'refused order', 'legal', 'refused order'],
    ['drop-newest + priority+aging', 'refused order', 'refused order', 'legal', 'refused order'],
    ['drr', 'refused order', 'refused order', 'legal', 'legal'],
    ['fq-codel', 'refused order', 'refused order', 'legal', 'legal'],
    ['debounce', 'warning order', 'legal', 'refused coalesce', 'legal'],
    ['distinct', 'legal', 'legal', 'refused coalesce', 'legal'],
    [
      'disconnect-bytes',
      'warning idle-rule',
      'warning idle-rule',
      'refused one-consumer',
      'refused one-consumer',
    ],
    ['disconnect-bytes,limit=512KiB', 'legal', 'legal', 'refused one-consumer', 'refused one-consumer'],
    ['block + disconnect-soft', 'legal', 'legal', 'refused one-consumer', 'refused one-consumer'],
    [
      'per-sub-queue + disconnect-bytes,limit=512KiB',
      'legal',
      'legal',
      'refused one-consumer',
      'refused one-consumer',
    ],
    [
      'reserve,capacity=4',
      'warning empty-reserve',
      'warning empty-reserve',
      'warning empty-reserve',
      'warning empty-reserve',
    ],
    [
      'drop-oldest,bytes=64',
      'warning nothing-fits',
      'warning nothing-fits',
      'warning nothing-fits',
      'warning nothing-fits',
    ],
    ['pause-upstream', 'legal', 'legal', 'refused nothing-to-pause', 'legal'],
    ['shed-fattest', 'legal', 'legal', 'refused one-consumer', 'refused one-consumer'],
    ['ring-lag', 'warning shared-slots', 'legal', 'refused one-consumer', 'refused one-consumer'],
    ['ring-gated', 'warning shared-slots', 'legal', 'refused one-consumer', 'refused one-consumer'],
    ['relay', 'legal', 'legal', 'legal', 'legal'],
    ['conn-limit', 'legal', 'legal', 'refused one-consumer', 'refused one-consumer'],
    ['concurrency-static', 'legal', 'legal', 'refused unbounded-behind-limit', 'legal'],
    ['concurrency-static + drop-newest', 'legal', 'legal', 'legal', 'legal'],
    [
      'gradient2 + codel + drop-newest',
      'warning two-controllers',
      'warning two-controllers',
      'warning two-controllers',
      'warning two-controllers',
    ],
    ['batch + codel', 'warning delay-age', 'warning delay-age', 'warning delay-age', 'warning delay-age'],
    [
      'disconnect-soft',
      'warning idle-rule',
      'warning idle-rule',
      'refused one-consumer',
      'refused one-consumer',
    ],
    [
      'disconnect-soft + drop-oldest,bytes=16MiB',
      'legal',
      'legal',
      'refused one-consumer',
      'refused one-consumer',
    ],
  ];
  it.each(table)('%s', (text, ...expected) => {
    const boundaries = ['sse.client', 'ws.outbound', 'proxy.requests', 'proxy.events'] as const;
    expect(boundaries.map((boundary) => verdictOf(text, boundary))).toEqual(expected);
  });

  it.each([
    ['block', 'legal', 'legal'],
    ['unbounded', 'legal', 'legal'],
    ['drop-newest', 'legal', 'refused loss'],
    ['drop-oldest', 'legal', 'refused loss'],
    ['fail', 'legal', 'refused loss'],
    ['timeout', 'legal', 'refused loss'],
    ['coalesce', 'warning order', 'refused order loss coalesce'],
    ['coalesce,position=tail', 'legal', 'refused loss coalesce'],
    ['spill', 'refused no-disk', 'refused spill'],
    ['lifo', 'refused order', 'refused order'],
    ['codel', 'legal', 'refused loss'],
    ['ttl', 'legal', 'refused loss'],
    ['pace', 'legal', 'legal'],
    ['batch', 'legal', 'legal'],
    ['pause-upstream', 'legal', 'legal'],
    ['disconnect-lag', 'legal', 'refused loss'],
    ['ring-lag', 'legal', 'refused loss own-events'],
    ['ring-gated', 'legal', 'refused own-events'],
    ['per-sub-queue', 'legal', 'legal'],
    ['relay', 'legal', 'legal'],
    ['relay + block', 'legal', 'legal'],
    ['as-written/ironstar-block', 'legal', 'refused loss own-events'],
    ['as-written/ironstar-drop-newest', 'legal', 'refused loss own-events'],
  ])('%s at sse.bus and at ws.mailbox', (text, bus, mailbox) => {
    expect([verdictOf(text, 'sse.bus'), verdictOf(text, 'ws.mailbox')]).toEqual([bus, mailbox]);
  });

  it.each([
    ['codel', 'drop-oldest + codel'],
    ['per-sub-queue', 'per-sub-queue + drop-oldest'],
    ['disconnect-lag', 'ring-lag + disconnect-lag'],
  ])('%s at a boundary that was found with a ring has a queue where it needs one', (text, expected) => {
    expect(parseStrategy(text, 'sse.bus').text).toBe(expected);
  });

  it('that may stand at ws.mailbox lose nothing, merge nothing and keep the order', () => {
    for (const definition of DEFINITIONS) {
      if (readStrategy(definition.name, 'ws.mailbox').problems.length > 0) continue;
      const { drops, coalesces, reorders = 'never' } = definition.effects;
      expect([definition.name, drops ?? false, coalesces ?? false, reorders]).toEqual([
        definition.name,
        false,
        false,
        'never',
      ]);
    }
  });

  it.each([
    ['ring-lag + strict-priority', 'beside-ring'],
    ['ring-lag + coalesce', 'beside-ring'],
    ['ring-lag + spill', 'beside-ring'],
    ['ring-lag + debounce', 'beside-ring'],
  ])('%s is refused where a ring may stand', (text, code) => {
    expect(verdictOf(text, 'ws.outbound')).toContain(code);
  });

  it('unbounded, lifo, spill and classes meet their refusals and warnings', () => {
    expect(verdictOf('unbounded + aimd', 'sse.client')).toBe('refused unbounded-behind-limit');
    expect(verdictOf('spill + lifo', 'proxy.requests')).toContain('spill-order');
    expect(verdictOf('block + strict-priority', 'proxy.requests')).toBe('warning priority-block');
    expect(verdictOf('drop-newest + strict-priority + codel', 'proxy.requests')).toBe('warning priority-aqm');
    expect(verdictOf('drop-newest + codel + ttl', 'proxy.requests')).toBe('warning two-drop-stages');
  });

  it('that disconnect leave nobody waiting for a dropped reply', () => {
    const notes = (text: string) =>
      readStrategy(text, 'ws.outbound')
        .rulings.filter(({ code }) => code === 'drop')
        .map(({ parts }) => parts);
    expect(notes('fail + disconnect-deadline')).toEqual([]);
    expect(notes('drop-newest + disconnect-deadline')).toEqual([['drop-newest']]);
  });

  it('leave what every boundary was found with in peace', () => {
    for (const name of BOUNDARY_NAMES) {
      const spec = parseStrategy(BOUNDARIES[name].asFound, name);
      expect([name, findWarnings(spec, name)]).toEqual([name, []]);
    }
  });

  it('are refused in one plain sentence that says what to do instead', () => {
    for (const { name } of DEFINITIONS) {
      for (const boundary of BOUNDARY_NAMES) {
        const { spec } = readStrategy(name, boundary);
        if (spec === null) throw new Error(`${name} cannot be read`);
        for (const { level, does, harm, parts } of findRulings(spec, boundary)) {
          expect(parts.some((one) => does.includes(one))).toBe(true);
          if (level === 'note') continue;
          expect(harm).toMatch(/; /);
          expect(harm.length).toBeLessThan(230);
        }
      }
    }
  });
});
