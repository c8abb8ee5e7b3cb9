import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseStrategies } from '../../src/conductor/strategies.ts';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../src/core/boundary.ts';
import type { BenchError } from '../../src/core/errors.ts';
import { COMPARABLE_STRATEGY_NAMES } from '../../src/system/strategies/catalogue.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-strategies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const BURST: readonly BoundaryName[] = ['sse.client', 'ws.outbound', 'proxy.events'];

function choose(strategies: string[], at: string[] = [], applied = BURST) {
  const { choices } = chooseStrategies(strategies, at, applied);
  return choices.map(({ name, byBoundary }) => ({
    name,
    texts: Object.fromEntries(Object.entries(byBoundary).map(([boundary, { text }]) => [boundary, text])),
  }));
}

function errorOf(strategies: string[], at: string[] = [], applied = BURST): BenchError {
  try {
    chooseStrategies(strategies, at, applied);
  } catch (thrown) {
    return thrown as BenchError;
  }
  throw new Error('the choice was taken');
}

const asFound = Object.fromEntries(BOUNDARY_NAMES.map((name) => [name, BOUNDARIES[name].asFound]));

describe('chooseStrategies', () => {
  it('leaves everything as found where nothing is asked for', () => {
    expect(choose([])).toEqual([{ name: 'as-found', texts: asFound }]);
  });

  it('applies a strategy at the scenario’s boundaries alone', () => {
    expect(choose(['evict-all'], [], ['ws.outbound'])).toEqual([
      { name: 'evict-all', texts: { ...asFound, 'ws.outbound': 'evict-all' } },
    ]);
  });

  it('adds to each boundary its own overflow stage', () => {
    const [choice] = choose(['codel'], [], ['sse.client', 'proxy.events']);
    expect(choice?.texts).toMatchObject({
      'sse.client': 'drop-oldest + codel',
      'proxy.events': 'block + codel',
    });
  });

  it('lets --at win over a strategy, once for each boundary', () => {
    const [choice] = choose(['drop-oldest'], ['ws.outbound=latest']);
    expect(choice).toMatchObject({
      name: 'drop-oldest ws.outbound=latest',
      texts: { 'ws.outbound': 'latest' },
    });
    expect(errorOf([], ['ws.outbound=block', 'ws.outbound=latest'])).toMatchObject({
      code: 'BPB_ERR_USAGE',
      message: '--at sets ws.outbound twice',
    });
  });

  it('remarks on a text that is a preset but for blanks, once, and on no other', () => {
    const remarks = (strategies: string[], at: string[] = []) =>
      chooseStrategies(strategies, at, BURST).remarks;
    const typed = ['gradient2 + deadline'];
    expect(remarks(typed)).toEqual([
      "'gradient2 + deadline' is the parts alone, with their defaults; the preset gradient2+deadline, written without blanks, is gradient2 + deadline + drop-newest",
    ]);
    expect(remarks([], ['ws.outbound=relay + disconnect-soft'])).toHaveLength(1);
    expect(remarks(['gradient2+deadline', 'block + ttl', 'drop-oldest + codel'])).toEqual([]);
  });

  it('plays each strategy once', () => {
    expect(choose(['block', 'latest', 'block']).map(({ name }) => name)).toEqual(['block', 'latest']);
  });

  it('takes presets and compositions', () => {
    const [preset, typed] = choose(['reserve20', 'ttl,ttl=2s + drop-newest'], [], ['sse.client']);
    expect(preset).toMatchObject({ name: 'reserve20', texts: { 'sse.client': 'reserve' } });
    expect(typed?.texts['sse.client']).toBe('drop-newest + ttl,ttl=2s');
  });

  it('plays for `all` every overflow policy that may stand at all the boundaries, and says what is left out', () => {
    const all = chooseStrategies(['all'], [], BURST);
    const played = all.choices.map(({ name }) => name);
    const leftOut = all.leftOut.map(({ name }) => name);
    expect([...played, ...leftOut].sort()).toEqual([...COMPARABLE_STRATEGY_NAMES].sort());
    expect(leftOut).toEqual(['fail']);
    expect(all.leftOut.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('at proxy.events: fail closes the queue when it is full'),
    ]);
    const requests = chooseStrategies(['all'], [], ['proxy.requests']).leftOut.map(({ name }) => name);
    expect(requests).toEqual(expect.arrayContaining(['coalesce', 'merge', 'spill', 'fail']));
    const withoutEvents = chooseStrategies(['all'], ['proxy.events=block'], BURST).leftOut;
    expect(withoutEvents).toEqual([]);
  });

  it('tells each warning with its boundary, and none of what was found', () => {
    const { choices } = chooseStrategies(['codel + ttl'], [], ['ws.outbound']);
    expect(choices[0]?.warnings).toEqual([expect.stringMatching(/^ws\.outbound: codel with ttl: both drop/)]);
    expect(chooseStrategies([], [], BURST).choices[0]?.warnings).toEqual([]);
  });
});

describe('strategy files', () => {
  it('set boundaries alone, also where the scenario applies nothing; --at still wins', () => {
    const path = write(
      'live.yaml',
      'strategy: latest\nboundaries: { proxy.requests: drop-newest, ws.outbound: block }\n',
    );
    expect(choose([path], ['ws.outbound=fail'])).toEqual([
      {
        name: 'live ws.outbound=fail',
        texts: {
          ...asFound,
          'sse.client': 'latest',
          'ws.outbound': 'fail',
          'proxy.events': 'latest',
          'proxy.requests': 'drop-newest',
        },
      },
    ]);
  });

  it('leave as found what they do not name', () => {
    const path = write('one.yaml', 'name: one of them\nboundaries: { sse.client: latest }\n');
    expect(choose([path])).toEqual([{ name: 'one of them', texts: { ...asFound, 'sse.client': 'latest' } }]);
  });

  it('may stand at one boundary with --at', () => {
    const path = write('at.yaml', 'strategy: latest\nboundaries: { ws.outbound: evict-all }\n');
    expect(choose([], [`ws.outbound=${path}`])[0]?.texts['ws.outbound']).toBe('evict-all');
    expect(choose([], [`sse.client=${path}`])[0]?.texts['sse.client']).toBe('latest');
    const other = write('other.yaml', 'boundaries: { ws.outbound: evict-all }\n');
    expect(errorOf([], [`sse.client=${other}`]).message).toContain('says nothing of sse.client');
  });

  it('name every problem of their texts at once, by line', () => {
    const path = write(
      'wrong.yaml',
      [
        'strategy: drop-oldst,capcity=5 + ttl,ttl=soon',
        'boundaries:',
        '  sse.client: lifo',
        '  ws.outbound: ./other.yaml',
        '  proxy.events:',
        '    stages: [block, { name: latest, capacity: 2 }]',
      ].join('\n'),
    );
    const error = errorOf([path]);
    expect(error).toMatchObject({ code: 'BPB_ERR_STRATEGY' });
    expect(error.message.split('\n')).toEqual([
      `${path}: 5 problems`,
      expect.stringContaining("1:11 strategy: unknown strategy 'drop-oldst'"),
      '    try: did you mean drop-oldest?',
      '    try: bpbench list strategies shows them all',
      expect.stringContaining('1:11 strategy: ttl must be a duration'),
      expect.stringContaining('3:15 boundaries.sse.client: at sse.client: lifo changes the order'),
      expect.stringContaining(
        "4:16 boundaries.ws.outbound: expected a strategy, got the path './other.yaml'",
      ),
      expect.stringContaining("6:5 boundaries.proxy.events: capacity is always 1, got '2'"),
    ]);
  });

  it('name the problems of their texts also when a key is unknown', () => {
    const path = write(
      'keys.yaml',
      'strategie: block\nstrategy: DROP_LATEST\nboundaries: { ws.outbond: block, sse.client: blok }\n',
    );
    const { message } = errorOf([path]);
    expect(message.split('\n').filter((line) => !line.includes('try:'))).toEqual([
      `${path}: 4 problems`,
      expect.stringContaining("1:1 strategie: unknown key 'strategie'"),
      expect.stringContaining("2:11 strategy: unknown strategy 'DROP_LATEST'"),
      expect.stringContaining("boundaries.ws.outbond: unknown key 'ws.outbond'"),
      expect.stringContaining("boundaries.sse.client: unknown strategy 'blok'"),
    ]);
    expect(message).toContain('    try: DROP_LATEST (RxJava) is evict-newest here');
  });

  it('take true and false for a choice, and no internal name', () => {
    const path = write(
      'choice.yaml',
      'boundaries: { proxy.events: { stages: [{ name: evict-lowest-priority, strict: false }] } }\n',
    );
    expect(choose([path])[0]?.texts['proxy.events']).toBe('evict-lowest-priority,strict=false');
    const internal = write('internal.yaml', 'strategy: { stages: [{ name: ttl, ttlMs: 500 }] }\n');
    expect(errorOf([internal]).message).toContain('try: did you mean ttl?');
  });

  it('that are not there say so', () => {
    expect(errorOf(['./nowhere.yaml']).message).toBe(
      './nowhere.yaml: cannot read the strategy: there is no such file',
    );
  });

  it('come with an example that is sound', () => {
    const path = fileURLToPath(new URL('../../examples/strategy.yaml', import.meta.url));
    const [choice] = chooseStrategies([path], [], BURST).choices;
    expect(choice).toMatchObject({ name: 'live-service', warnings: [] });
    expect(readFileSync(path, 'utf8')).toContain('--strategy examples/strategy.yaml');
  });
});

describe('refusals', () => {
  it('name each boundary with the reason, and how to leave it as it was', () => {
    const { code, message, hints } = errorOf(['disconnect-bytes']);
    expect(code).toBe('BPB_ERR_STRATEGY');
    expect(message).toBe(
      "strategy 'disconnect-bytes': at proxy.events: disconnect-bytes acts on a slow consumer: one consumer serves everybody here; let the overflow policy decide, such as block or drop-oldest",
    );
    expect(hints).toEqual(['--at proxy.events=block leaves that boundary as found']);
    expect(choose(['disconnect-bytes'], ['proxy.events=block'])).toHaveLength(1);
  });

  it('name all boundaries at once, and a mistake of the text once', () => {
    const lifo = errorOf(['lifo']).message.split('\n');
    expect(lifo.map((line) => /at ([\w.]+):/.exec(line)?.[1]).filter(Boolean)).toEqual(BURST);
    expect(errorOf(['lifoo']).message).toBe("unknown strategy 'lifoo'");
  });

  it('look at a strategy that stands nowhere, too', () => {
    expect(errorOf(['blok'], ['sse.client=block'], ['sse.client']).hints[0]).toBe('did you mean block?');
  });

  it.each([
    ['ws.outbuond=block', "unknown boundary 'ws.outbuond'", 'did you mean ws.outbound?'],
    ['block', "--at expects boundary=strategy, got 'block'", '--at ws.outbound=block'],
    ['toString=block', "unknown boundary 'toString'", 'the boundaries: '],
    ['ws.outbound=', '--at ws.outbound= expects a strategy, got nothing', '--at ws.outbound=drop-newest'],
    ['ws.outbound=all', 'all is for run --strategy alone', 'bpbench run burst --strategy all'],
    ['ws.outbound=lifo', 'at ws.outbound: lifo changes the order', undefined],
  ])('--at %s', (at, message, hint) => {
    const error = errorOf([], [at]);
    expect(error.message).toContain(message);
    if (hint === undefined) expect(error.hints).toEqual([]);
    else expect(error.hints[0]).toContain(hint);
  });
});
