import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/scenarios/problems.ts';
import { parseScenarioText } from '../../src/scenarios/source.ts';
import {
  isStrategyPath,
  looksLikeStrategy,
  readStrategyFile,
  strategyFileJsonSchema,
} from '../../src/scenarios/strategy-file.ts';

const read = (text: string) => readStrategyFile(parseScenarioText(text, 'mine.yaml', 'mine'));

function problemsOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    expect((error as ScenarioError).code).toBe('BPB_ERR_STRATEGY');
    return (error as ScenarioError).problems.map(
      ({ line, path, message }) => `${line ?? '-'} ${path}: ${message}`,
    );
  }
  throw new Error('the file was taken');
}

describe('a strategy file', () => {
  it('gives a text for the boundaries of the scenario and one for each boundary', () => {
    const file = read(
      'name: fresh\ndescription: Live data.\nstrategy: drop-oldest + codel\nboundaries:\n  ws.outbound: block\n',
    );
    expect(file).toMatchObject({ name: 'fresh', description: 'Live data.' });
    expect(file.strategy?.text).toBe('drop-oldest + codel');
    expect([...file.boundaries].map(([name, { text }]) => [name, text])).toEqual([['ws.outbound', 'block']]);
  });

  it('takes stages as texts and as maps, with numbers and units', () => {
    const file = read(
      'strategy:\n  stages:\n    - { name: reserve, capacity: 256, reserve: 20% }\n    - codel,target=10ms\n',
    );
    expect(file.strategy?.text).toBe('reserve,capacity=256,reserve=20% + codel,target=10ms');
    expect(file.name).toBe('mine');
  });

  it('is JSON, too', () => {
    const source = parseScenarioText('{"strategy": {"stages": [{"name": "latest"}]}}', 'm.json', 'm', 'json');
    expect(readStrategyFile(source).strategy?.text).toBe('latest');
  });

  it('says where a problem of a text stands', () => {
    const file = read('strategy: block\nboundaries:\n  sse.client: drop-oldest\n');
    const text = file.boundaries.get('sse.client');
    expect(text && file.locate(text, 'wrong')).toEqual({
      path: 'boundaries.sse.client',
      line: 3,
      column: 15,
      message: 'wrong',
    });
  });

  it('names every problem of its form at once, by line', () => {
    const text = [
      'name: "7"',
      'strateggy: block',
      'strategy: { stages: [] }',
      'boundaries:',
      '  sse.clinet: block',
      '  ws.outbound: 5',
      '  proxy.events: { stages: [{ capacity: 5 }, { name: latest, capacity: "5,6" }, 7] }',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      expect.stringContaining('1 name: expected a name'),
      "2 strateggy: unknown key 'strateggy'; did you mean strategy?",
      '3 strategy.stages: expected at least one stage, got an empty list',
      expect.stringContaining("5 boundaries.sse.clinet: unknown key 'sse.clinet'; did you mean sse.client?"),
      expect.stringContaining('6 boundaries.ws.outbound: expected a strategy'),
      expect.stringContaining('7 boundaries.proxy.events.stages[0].name: expected a stage'),
      expect.stringContaining(
        '7 boundaries.proxy.events.stages[1].capacity: expected a number or a text without , and +',
      ),
      expect.stringContaining('7 boundaries.proxy.events.stages[2]: expected a stage'),
    ]);
  });

  it.each([
    ['name: empty\n', '1 : expected strategy, boundaries, or both in this map, got a map'],
    ['[]\n', '1 : expected a map with strategy, boundaries, or both, got an empty list'],
    [
      'strategy: ""\n',
      "1 strategy: expected a strategy such as 'drop-oldest,capacity=64 + codel', or a map with stages, got '' (text)",
    ],
    ['strategy: block\n__proto__: 1\n', "2 __proto__: key '__proto__' is not allowed"],
  ])('refuses %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('is published as JSON Schema with a description of every key', () => {
    const schema = strategyFileJsonSchema() as {
      $schema: string;
      additionalProperties: boolean;
      properties: Record<
        string,
        { description?: string; properties?: Record<string, { description?: string }> }
      >;
    };
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
      title: 'bpbench strategy',
    });
    const all = [
      ...Object.values(schema.properties),
      ...Object.values(schema.properties['boundaries']?.properties ?? {}),
    ];
    expect(all.map(({ description }) => typeof description)).toEqual(all.map(() => 'string'));
  });
});

describe('telling files from names', () => {
  it.each([
    ['mine.yaml', true],
    ['mine.YML', true],
    ['a/b.json', true],
    ['./mine', true],
    ['../x,y+z.yaml', true],
    ['drop-oldest', false],
    ['as-written/ironstar-block', false],
    ['token-bucket,rate=100/s', false],
    ['drop-oldest + token-bucket,rate=100/s', false],
    ['priority+aging', false],
  ])('%s', (text, isPath) => {
    expect(isStrategyPath(text)).toBe(isPath);
  });

  it('tells strategy documents from scenarios', () => {
    expect([{ strategy: 'x' }, { boundaries: {} }].map(looksLikeStrategy)).toEqual([true, true]);
    const others = [{ phases: [], strategy: 'x' }, { clients: [] }, {}, null, [], 'strategy'];
    expect(others.map(looksLikeStrategy)).toEqual(others.map(() => false));
  });
});
