import { describe, expect, it } from 'vitest';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../src/core/boundary.ts';
import type { BenchError } from '../../src/core/errors.ts';
import { STAGES } from '../../src/core/strategy.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';
import { QUEUE_PARAMS } from '../../src/system/strategies/queue-params.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';
import { splitStages } from '../../src/system/strategies/split.ts';

const MIB = 1024 ** 2;

function errorOf(text: string, boundary: BoundaryName = 'sse.client') {
  try {
    parseStrategy(text, boundary);
  } catch (thrown) {
    const { code, message, hints } = thrown as BenchError;
    return { code, message, hints };
  }
  throw new Error(`${text} was taken`);
}

const stagesOf = (text: string, boundary: BoundaryName = 'sse.client') =>
  parseStrategy(text, boundary).stages.map(({ name }) => name);

describe('one part', () => {
  it('fills in every default, the capacity from the boundary', () => {
    expect(parseStrategy('drop-oldest', 'sse.client')).toEqual({
      text: 'drop-oldest',
      stages: [
        {
          stage: 'overflow',
          name: 'drop-oldest',
          params: { capacityItems: 64, capacityBytes: MIB, maxWaiters: 1024 },
        },
      ],
    });
    const capacities = BOUNDARY_NAMES.map((name) => [
      name,
      parseStrategy('block', name).stages[0]?.params['capacityItems'],
    ]);
    expect(Object.fromEntries(capacities)).toMatchObject({
      'sse.client': 64,
      'ws.outbound': 100,
      'proxy.requests': 256,
      'proxy.events': 256,
    });
  });

  it('reads parameters in base units', () => {
    const { stages } = parseStrategy(
      'unbounded,capacity=10,bytes=64KiB,maxWaiters=5,guardBytes=2MB',
      'ws.outbound',
    );
    expect(stages[0]?.params).toEqual({
      capacityItems: 10,
      capacityBytes: 65_536,
      maxWaiters: 5,
      guardBytes: 2_000_000,
    });
    const params = (text: string) => parseStrategy(text, 'sse.client').stages[0]?.params;
    expect(params('token-bucket,rate=30/min,burst=5')).toMatchObject({ ratePerSec: 0.5 });
    expect(params('debounce,quiet=250ms,maxWait=1m30s')).toMatchObject({ quietMs: 250, maxWaitMs: 90_000 });
    expect(params('reserve,reserve=12.5%')).toMatchObject({ reserve: 0.125 });
    expect(params('reserve,reserve=0.125')).toMatchObject({ reserve: 0.125 });
    expect(params('coalesce,position=tail')).toMatchObject({ position: 'tail', inner: 'drop-newest' });
  });

  it('writes the canonical text: own name, fixed order, only what differs from the default here', () => {
    const text = (typed: string) => parseStrategy(typed, 'sse.client').text;
    expect(text('drop-incoming')).toBe('drop-newest');
    expect(text(' drop-oldest , bytes=2048 , capacity=32 ')).toBe('drop-oldest,capacity=32,bytes=2KiB');
    expect(text('drop-oldest,capacity=64,bytes=1024KiB')).toBe('drop-oldest');
    expect(text('block,bytes=0,capacity=1')).toBe('block,capacity=1,bytes=0');
    expect(text('reserve,reserve=0.25')).toBe('reserve,reserve=25%');
    expect(text('drop-oldest + ttl,ttl=0.0015s')).toBe('drop-oldest + ttl,ttl=1.5ms');
    expect(text('drop-oldest + ttl,ttl=90')).toBe('drop-oldest + ttl,ttl=90s');
  });

  it('gives a policy of one place its one place, wherever it stands', () => {
    const { stages, text } = parseStrategy('latest', 'proxy.events');
    expect([stages[0]?.params['capacityItems'], text]).toEqual([1, 'latest']);
    expect(errorOf('latest,capacity=2').message).toContain("capacity is always 1, got '2'");
  });

  it('takes what every boundary was found with', () => {
    for (const name of BOUNDARY_NAMES) {
      const { asFound, capacityItems } = BOUNDARIES[name];
      const stage = parseStrategy(asFound, name).stages[0];
      expect(stage).toMatchObject({ name: asFound, params: { capacityItems } });
    }
  });
});

describe('a composition', () => {
  it('reads the same in any order, with and without blanks, and stands in the order of an item', () => {
    const texts = [
      'drop-oldest,capacity=32 + codel + disconnect-bytes',
      'disconnect-bytes+codel+drop-oldest,capacity=32',
      '  codel  +disconnect-bytes+   drop-oldest , capacity=32',
    ];
    for (const text of texts) {
      expect(parseStrategy(text, 'sse.client').text).toBe(
        'drop-oldest,capacity=32 + codel + disconnect-bytes',
      );
    }
    const { stages } = parseStrategy('ttl + codel + block + token-bucket + relay + batch', 'sse.client');
    const order = stages.map(({ stage }) => STAGES.indexOf(stage));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('keeps the order in which admissions and shapers are typed', () => {
    expect(stagesOf('deadline + token-bucket + drop-oldest')).toEqual([
      'deadline',
      'token-bucket',
      'drop-oldest',
    ]);
    expect(stagesOf('token-bucket + drop-oldest + deadline')).toEqual([
      'token-bucket',
      'deadline',
      'drop-oldest',
    ]);
    expect(stagesOf('drop-oldest + dedupe + batch')).toEqual(['dedupe', 'batch', 'drop-oldest']);
    expect(stagesOf('batch + drop-oldest + dedupe')).toEqual(['batch', 'dedupe', 'drop-oldest']);
  });

  it('takes the overflow stage that the boundary was found with where it names none', () => {
    expect(parseStrategy('codel', 'sse.client').text).toBe('drop-oldest + codel');
    expect(parseStrategy('codel', 'ws.outbound').text).toBe('drop-newest + codel');
    expect(parseStrategy('codel', 'proxy.events').text).toBe('block + codel');
    expect(parseStrategy('drop-newest + codel', 'sse.client').text).toBe('drop-newest + codel');
  });

  it('adds no overflow stage to a ring, which is the queue itself', () => {
    expect(stagesOf('ring-lag')).toEqual(['ring-lag']);
    expect(stagesOf('disconnect-deadline + ring-gated')).toEqual(['ring-gated', 'disconnect-deadline']);
  });

  it('reads names and presets that have a + of their own', () => {
    expect(stagesOf('priority+aging', 'proxy.requests')).toEqual(['unbounded', 'priority+aging']);
    expect(stagesOf('priority+aging,aging=1s+drop-newest', 'proxy.requests')).toEqual([
      'drop-newest',
      'priority+aging',
    ]);
    expect(stagesOf('adaptive-lifo+codel-service', 'proxy.requests')).toEqual([
      'drop-oldest',
      'adaptive-lifo',
      'codel-service',
    ]);
    expect(stagesOf('adaptive-lifo + codel-service + drop-newest', 'proxy.requests')).toEqual([
      'drop-newest',
      'adaptive-lifo',
      'codel-service',
    ]);
  });

  it('joins a preset with other parts, and hands parameters to the part that knows them', () => {
    expect(parseStrategy('reserve20 + codel', 'sse.client').text).toBe('reserve + codel');
    expect(parseStrategy('reserve20,capacity=10,reserve=30%', 'sse.client').text).toBe(
      'reserve,capacity=10,reserve=30%',
    );
    const { stages } = parseStrategy('relay+disconnect-soft,soft=4KiB', 'sse.client');
    expect(stages.find(({ name }) => name === 'disconnect-soft')?.params).toMatchObject({
      softBytes: 4096,
      forMs: 5000,
    });
  });
});

describe('splitStages', () => {
  it.each([
    ['a', ['a']],
    ['a+b', ['a', 'b']],
    ['x+y', ['x+y']],
    ['x + y', ['x', 'y']],
    ['a+x+y+b', ['a', 'x+y', 'b']],
    ['x+y+z', ['x+y+z']],
    ['x+y,k=1+z', ['x+y', 'z']],
    ['x,k=1+y', ['x', 'y']],
    ['+', ['', '']],
    ['a+', ['a', '']],
  ])('%s', (text, names) => {
    const known = new Set(['a', 'b', 'x+y', 'x+y+z']);
    expect(splitStages(text, (name) => known.has(name)).map(({ name }) => name)).toEqual(names);
  });
});

describe('mistakes', () => {
  it.each([
    ['drop-oldest,capacity=0', "capacity must be a whole number, 1 or more, got '0'"],
    ['drop-oldest,capacity=-1', "capacity must be a whole number, 1 or more, got '-1'"],
    ['drop-oldest,capacity=1.5', "capacity must be a whole number, 1 or more, got '1.5'"],
    ['drop-oldest,capacity=', "capacity must be a whole number, 1 or more, got ''"],
    ['drop-oldest,capacity=1e3', "got '1e3'"],
    ['drop-oldest,capacity=NaN', "got 'NaN'"],
    ['drop-oldest,capacity=99999999999999999999', 'capacity must be a whole number'],
    ['drop-oldest,capacity=0x10', "got '0x10'"],
    [
      'drop-oldest,bytes=lots',
      "bytes must be a size such as 512, 64KiB, 1MiB (binary) or 1MB (decimal), 0 or more, got 'lots'",
    ],
    ['drop-oldest,bytes=1e999', "got '1e999'"],
    ['drop-oldest,bytes=99999999999GiB', 'bytes must be a size'],
    ['unbounded,guardBytes=0', "1 or more, got '0'"],
    ['reserve,reserve=100%', 'reserve must be below 100%'],
    ['reserve,reserve=101%', "reserve must be a share such as 5% or 0.05, 0% to below 100%, got '101%'"],
    ['reserve,reserve=-5%', "got '-5%'"],
    ['reserve,reserveNormal=100%', 'reserve: '],
    [
      'ttl,ttl=-5s',
      "ttl must be a duration such as 300ms, 2s, 5m or 1h (a bare number is seconds), 0.001ms or more, got '-5s'",
    ],
    ['ttl,ttl=1e999', "got '1e999'"],
    ['ttl,ttl=0', "0.001ms or more, got '0'"],
    ['ttl,ttl=100000h', "0.001ms to 168h, got '100000h'"],
    ['ttl,ttl=soon', "got 'soon'"],
    ['token-bucket,rate=0', "got '0'"],
    ['token-bucket,rate=1e999', "got '1e999'"],
    ['token-bucket,rate=99999999999/s', 'rate must be'],
    ['coalesce,position=middle', "position must be keep or tail, got 'middle'"],
    ['drop-oldest,capacity=1,capacity=2', 'capacity is given twice'],
    ['drop-oldest,capacityItems=1', "drop-oldest has no parameter 'capacityItems'"],
    ['ttl,ttlMs=500', "ttl has no parameter 'ttlMs'"],
    ['all', 'all is for run --strategy alone'],
    ['drop-oldest + all', 'all is for run --strategy alone'],
    [
      'drop-oldest capacity=3',
      "expected , before a parameter and + before a stage in 'drop-oldest capacity=3'",
    ],
    ['drop-oldest,64', "expected key=value after the name, got '64'"],
    ['drop-oldest,', "expected key=value after the name, got ''"],
    ['drop-oldest,=5', "expected key=value after the name, got '=5'"],
    ['drop-oldest,guardBytes=5', "drop-oldest has no parameter 'guardBytes'"],
    ['fifo,capacity=5', "fifo has no parameter 'capacity'"],
    ['drr,quantum=0', 'quantum must be'],
    ['capacity=5', "expected a name before the parameters, got 'capacity=5'"],
    ['block+drop-oldest', 'two overflow stages, block and drop-oldest: a full queue has one answer'],
    ['lifo + fifo', 'two scheduling stages, lifo and fifo'],
    ['codel + codel-service', 'two aqm stages'],
    ['relay + ring-lag', 'two topology stages'],
    ['ttl + ttl', 'ttl stands twice'],
    ['codel + codel', 'codel stands twice'],
    ['batch + batch', 'batch stands twice'],
    ['pace + pace', 'pace stands twice'],
    ['token-bucket + drop-oldest + token-bucket', 'token-bucket stands twice'],
    ['reserve20 + block', 'two overflow stages, reserve and block'],
    ['drop-oldest + ', 'expected a name before and after each +, got nothing'],
    ['+ drop-oldest', 'expected a name before and after each +, got nothing'],
    ['drop-oldest ++ codel', 'expected a name before and after each +, got nothing'],
    ['', 'a strategy needs a name'],
    ['   ', 'a strategy needs a name'],
    ['toString', "unknown strategy 'toString'"],
    ['__proto__', "unknown strategy '__proto__'"],
    ['drop-oldest,__proto__=1', "drop-oldest has no parameter '__proto__'"],
  ])('refuses %j', (text, message) => {
    expect(errorOf(text)).toMatchObject({
      code: 'BPB_ERR_STRATEGY',
      message: expect.stringContaining(message),
    });
  });

  it('names every mistake of a text at once', () => {
    const { message, hints } = errorOf('drop-oldst + codl,capacity=1 + ttl,ttl=soon,tll=1');
    expect(message.split('\n')).toEqual([
      "strategy 'drop-oldst + codl,capacity=1 + ttl,ttl=soon,tll=1': 4 problems",
      "  unknown strategy 'drop-oldst'",
      "  unknown strategy 'codl'",
      expect.stringContaining('ttl must be a duration'),
      "  ttl has no parameter 'tll'",
    ]);
    expect(hints).toEqual(expect.arrayContaining(['did you mean drop-oldest?', 'did you mean ttl?']));
  });

  it('names the nearest strategy and the nearest parameter', () => {
    expect(errorOf('drop-oldst').hints[0]).toBe('did you mean drop-oldest?');
    expect(errorOf('reserve2').hints[0]).toContain('reserve20');
    expect(errorOf('drop-oldest,capcity=5').hints).toEqual([
      'did you mean capacity?',
      'it takes capacity, bytes, maxWaiters',
    ]);
    expect(errorOf('codel,capacity=5').hints).toEqual([
      "capacity is the queue's: give it to the overflow stage, such as drop-oldest,capacity=…",
    ]);
  });

  it('names the word to type for an internal one, and tells each mistake once', () => {
    expect(errorOf('ttl,ttlMs=500').hints).toEqual(['did you mean ttl?']);
    expect(errorOf('codel,capacityItems=5').hints[0]).toContain('drop-oldest,capacity=…');
    expect(errorOf('drop-oldest capacity=3 bytes=1MiB').hints).toEqual(['drop-oldest,capacity=3,bytes=1MiB']);
    expect(errorOf('+').message).toBe("strategy '+': expected a name before and after each +, got nothing");
    expect(errorOf('DROP_LATEST').message).toBe("unknown strategy 'DROP_LATEST'");
  });

  it('finds a specimen by its last word, and says what is not offered and why', () => {
    expect(errorOf('ironstar-block').hints[0]).toBe('did you mean as-written/ironstar-block?');
    expect(errorOf('CallerRunsPolicy').hints[0]).toMatch(/is not offered: .*; block/);
  });

  it("translates other libraries' names, and warns where a name means two things", () => {
    expect(errorOf('sliding').hints[0]).toBe('sliding (Effect, core.async) is drop-oldest here');
    const latest = errorOf('DROP_LATEST').hints;
    expect(latest[0]).toBe('DROP_LATEST (Kotlin, Reactor) is drop-newest here');
    expect(latest[1]).toBe('DROP_LATEST (RxJava) is evict-newest here');
    expect(latest).toHaveLength(3); // the trap is told once, by its two meanings
    expect(errorOf('DropNewest').hints.join(' ')).toMatch(/DropNewest \(.*\.NET.*\) is evict-newest here/);
    expect(errorOf('dropTail').hints.join(' ')).toContain('dropTail of Akka evicts the youngest');
  });
});

describe('the words of all parts', () => {
  it('are each the name of one part', () => {
    const words = DEFINITIONS.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
    expect(words.filter((word) => /[\s,=]/.test(word))).toEqual([]);
  });

  it('are each the name of one parameter of their part, and never of another stage’s meaning', () => {
    for (const { name, stage, params } of DEFINITIONS) {
      const all = [...(stage === 'overflow' ? QUEUE_PARAMS : []), ...params];
      for (const field of ['key', 'name'] as const) {
        const words = all.map((param) => param[field]);
        expect([name, words.filter((word, index) => words.indexOf(word) !== index)]).toEqual([name, []]);
      }
      expect([name, all.filter(({ key }) => /[\s,=+]/.test(key))]).toEqual([name, []]);
    }
  });
});
