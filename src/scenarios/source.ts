/**
 * A scenario as written: plain values, and where in the text each of them stands. The single door to
 * the YAML package.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { messageOf } from '../core/errors.ts';
import {
  type DocumentPath,
  type Position,
  quote,
  ScenarioError,
  type ScenarioProblem,
  sortByPlace,
} from './problems.ts';

export const MAX_SCENARIO_BYTES = 1024 * 1024;

/** Aliases may not blow a small file up: at most this many nodes for one anchor. */
const MAX_ALIAS_COUNT = 100;

/** A scenario has six levels; far more is an attack on whatever walks it. */
const MAX_DEPTH = 64;

export interface ScenarioSource {
  /** The file, or a word for a scenario that comes from none: heads every message. */
  readonly label: string;
  /** The name of a scenario that does not name itself. */
  readonly defaultName: string;
  /** Plain JSON values, not checked yet. */
  readonly raw: unknown;
  /** Where the value at `path` stands, or the key that leads to it; `null` when it is not in the text. */
  locate(path: DocumentPath, what?: 'value' | 'key'): Position | null;
}

/** A scenario given as a value, by a program rather than by a file. */
export function createScenarioSource(raw: unknown, label = 'scenario'): ScenarioSource {
  return { label, defaultName: label, raw, locate: () => null };
}

/**
 * Reads YAML 1.2, or JSON when `format` says so.
 *
 * Errors: {@link ScenarioError} with every syntax error and every key that stands twice, by line.
 */
export function parseScenarioText(
  text: string,
  label: string,
  defaultName: string,
  format: 'yaml' | 'json' = 'yaml',
): ScenarioSource {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_SCENARIO_BYTES) {
    throw refuse(label, `expected at most ${MAX_SCENARIO_BYTES} bytes, got ${bytes}`);
  }
  if (format === 'json') refuseBadJson(text, label);
  const lines = new LineCounter();
  const document = parseOrRefuse(text, label, lines);
  const at = (offset: number | undefined): Position | null => {
    if (offset === undefined) return null;
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems: ScenarioProblem[] = [...document.errors, ...document.warnings].map((problem) => {
    const firstLine = (problem.message.split('\n')[0] as string).replace(/ at line \d+, column \d+:?$/, '');
    return problemAt(at(problem.pos[0]), firstLine);
  });
  // Our own search, because the package's is quadratic in the number of keys.
  if (problems.length === 0) {
    const { repeated, tooDeep } = inspectTree(document.contents);
    for (const key of repeated) {
      problems.push(problemAt(at(key.offset), `key ${quote(key.name)} stands twice in the same map`));
    }
    if (tooDeep !== undefined) {
      problems.push(problemAt(at(offsetOf(tooDeep)), `expected at most ${MAX_DEPTH} levels, got more`));
    }
  }
  if (problems.length > 0) throw new ScenarioError(label, sortByPlace(problems));

  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (error) {
    throw refuse(label, `cannot be read: ${messageOf(error)}`);
  }
  return {
    label,
    defaultName,
    raw,
    locate(path, what = 'value') {
      let node: Node | null | undefined = document.contents;
      let keyOffset: number | undefined;
      for (const segment of path) {
        if (isAlias(node)) node = node.resolve(document);
        if (isMap(node)) {
          const pair = node.items.find((item) => keyText(item.key) === String(segment));
          if (pair === undefined) return null;
          keyOffset = offsetOf(pair.key);
          node = pair.value as Node | null;
        } else if (isSeq(node)) {
          node = node.items[Number(segment)] as Node | undefined;
          keyOffset = offsetOf(node);
        } else return null;
      }
      return at(what === 'key' ? keyOffset : (offsetOf(node) ?? keyOffset));
    },
  };
}

/** One value as `--set` takes it: `5s`, `10`, `[sse.client]`, `{rate: 100/s}`. Throws what the YAML package throws. */
export function parseValueText(text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, logLevel: 'error' });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw new Error(problem.message.split('\n')[0]);
  return document.toJS({ maxAliasCount: 0 });
}

function parseOrRefuse(text: string, label: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, { lineCounter, uniqueKeys: false, logLevel: 'error' });
  } catch (error) {
    // Thousands of nested brackets overflow the parser's stack.
    throw refuse(label, `cannot be read: ${messageOf(error)}`);
  }
}

/** YAML forgives what JSON does not: trailing commas, missing quotes. */
function refuseBadJson(text: string, label: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw refuse(label, `is no valid JSON: ${messageOf(error)}`);
  }
}

/** Keys that stand twice, and the first node that lies too deep for anything that walks the values later. */
function inspectTree(root: unknown): {
  repeated: { name: string; offset: number | undefined }[];
  tooDeep: unknown;
} {
  const repeated: { name: string; offset: number | undefined }[] = [];
  const open: { node: unknown; depth: number }[] = [{ node: root, depth: 0 }];
  while (open.length > 0) {
    const { node, depth } = open.pop() as (typeof open)[number];
    if (depth > MAX_DEPTH) return { repeated, tooDeep: node };
    const children = isSeq(node) ? node.items : isMap(node) ? node.items.map((pair) => pair.value) : [];
    open.push(...children.map((child) => ({ node: child, depth: depth + 1 })).reverse());
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key } of node.items) {
      const name = keyText(key);
      if (seen.has(name)) repeated.push({ name, offset: offsetOf(key) });
      seen.add(name);
    }
  }
  return { repeated, tooDeep: undefined };
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function problemAt(position: Position | null, message: string): ScenarioProblem {
  return { path: '', line: position?.line ?? null, column: position?.column ?? null, message };
}

function refuse(label: string, message: string): ScenarioError {
  return new ScenarioError(label, [problemAt(null, message)]);
}
