import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../src/scenarios/problems.ts';
import { MAX_SCENARIO_BYTES, parseScenarioText } from '../../src/scenarios/source.ts';

function problemsOf(text: string, format: 'yaml' | 'json' = 'yaml') {
  try {
    parseScenarioText(text, 'x.yaml', 'x', format);
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as ScenarioError).problems;
  }
  throw new Error('was accepted');
}

describe('parseScenarioText', () => {
  it('finds values and keys by line and column, through flow maps, lists and aliases', () => {
    const source = parseScenarioText('a: &x { b: 1 }\nlist:\n  - { c: 2 }\n  - *x\n', 'x', 'x');
    expect(source.raw).toEqual({ a: { b: 1 }, list: [{ c: 2 }, { b: 1 }] });
    expect(source.locate(['list', 0, 'c'])).toEqual({ line: 3, column: 10 });
    expect(source.locate(['list', 0, 'c'], 'key')).toEqual({ line: 3, column: 7 });
    expect(source.locate(['list', 1, 'b'])).toEqual({ line: 1, column: 12 });
    expect(source.locate([])).toEqual({ line: 1, column: 1 });
    expect(source.locate(['list', 2])).toBeNull();
    expect(source.locate(['nothing', 'here'])).toBeNull();
  });

  it('reports every YAML syntax error with its line', () => {
    const problems = problemsOf('a: [1, 2\nb: "x\n');
    expect(problems.length).toBeGreaterThan(1);
    expect(problems[0]).toMatchObject({ line: 2, column: 1, path: '' });
    expect(problems[0]?.message).not.toContain('\n');
  });

  it('reports keys that stand twice, at any depth', () => {
    expect(problemsOf('a: 1\nb:\n  - c: 1\n    c: 2\na: 2\n')).toEqual([
      { path: '', line: 4, column: 5, message: "key 'c' stands twice in the same map" },
      { path: '', line: 5, column: 1, message: "key 'a' stands twice in the same map" },
    ]);
  });

  it('refuses unknown tags and more than one document', () => {
    expect(problemsOf('a: !!js/function x')[0]?.message).toContain('Unresolved tag');
    expect(problemsOf('a: 1\n---\nb: 2')[0]).toMatchObject({ line: 2 });
  });

  it('refuses an alias bomb instead of expanding it', () => {
    const rows = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 9; level++) {
      const before = String.fromCharCode(96 + level);
      const name = String.fromCharCode(97 + level);
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`);
    }
    expect(problemsOf(rows.join('\n'))[0]?.message).toContain('Excessive alias count');
  });

  it('refuses text over 1 MiB, and nesting without end', () => {
    expect(problemsOf('#'.repeat(MAX_SCENARIO_BYTES + 1))[0]?.message).toBe(
      'expected at most 1048576 bytes, got 1048577',
    );
    expect(problemsOf(`${'['.repeat(100)}${']'.repeat(100)}`)[0]?.message).toBe(
      'expected at most 64 levels, got more',
    );
    expect(problemsOf('['.repeat(200_000))[0]?.message).not.toBe('');
  });

  it('reads a map with very many keys without comparing each with each', () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(Object.keys(parseScenarioText(text, 'x', 'x').raw as object)).toHaveLength(20_000);
  });

  it('holds JSON to its own rules and still knows the lines', () => {
    expect(problemsOf('{ "a": 1, }', 'json')[0]?.message).toContain('is no valid JSON');
    expect(problemsOf("{ 'a': 1 }", 'json')[0]?.message).toContain('is no valid JSON');
    const source = parseScenarioText('{\n\t"a": {\n\t\t"b": 5\n\t}\n}', 'x.json', 'x', 'json');
    expect(source.locate(['a', 'b'])).toEqual({ line: 3, column: 8 });
    expect(problemsOf('{"a": 1, "a": 2}', 'json')[0]?.message).toContain('stands twice');
  });
});
