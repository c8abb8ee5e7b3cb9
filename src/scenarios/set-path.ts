/** `--set path=value`: changes of the raw document, before anything of it is checked. */
import { messageOf } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { type DocumentPath, type PathSegment, quote } from './problems.ts';
import { parseValueText } from './source.ts';
import { translateSynonym } from './synonyms.ts';

type Tree = Record<string, unknown> | unknown[];

export interface AppliedSet {
  /** As typed. */
  readonly text: string;
  readonly path: DocumentPath;
}

export interface SetResult {
  readonly applied: readonly AppliedSet[];
  readonly problems: readonly { readonly text: string; readonly message: string }[];
}

/**
 * Changes `raw` in place. `phases.burst.duration=5s`, `phases.1.duration=5s` and
 * `phases[1].duration=5s` mean the same; entries of lists are found by their `name` or by index from
 * 0. Values are read as YAML: `5s`, `10`, `[sse.client]`, `{rate: 100/s}`. Maps on the way are made
 * when they are missing; keys that no scenario has are left to the schema to refuse.
 */
export function applySets(raw: unknown, sets: readonly string[]): SetResult {
  const applied: AppliedSet[] = [];
  const problems: { text: string; message: string }[] = [];
  for (const text of sets) {
    const result = applySet(raw, text);
    if (typeof result === 'string') problems.push({ text, message: result });
    else applied.push({ text, path: result });
  }
  return { applied, problems };
}

/** The path that was set, or what is wrong. */
function applySet(raw: unknown, text: string): DocumentPath | string {
  const equals = text.indexOf('=');
  if (equals <= 0) return `expected path=value such as phases.burst.duration=5s, got ${quote(text)}`;
  const typed = text
    .slice(0, equals)
    .trim()
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.');
  const synonym = translateSynonym(typed);
  const segments = synonym?.path ?? typed;
  if (segments.includes('')) return `expected names with single dots between them, got ${quote(text)}`;
  const unsafe = segments.find((segment) => segment in {});
  if (unsafe !== undefined) return `key ${quote(unsafe)} is not allowed`;
  if (raw === null || typeof raw !== 'object') return 'the scenario is no map';

  let value: unknown;
  try {
    value = parseValueText(text.slice(equals + 1).trim());
    if (synonym !== null) value = synonym.read(value);
  } catch (error) {
    return `expected a value such as 5s, 10 or [a, b], got ${quote(text.slice(equals + 1))}: ${messageOf(error)}`;
  }
  const path: PathSegment[] = [];
  let tree = raw as Tree;
  for (const [depth, segment] of segments.entries()) {
    const key = Array.isArray(tree) ? findEntry(tree, segment, path) : segment;
    if (typeof key === 'object') return key.problem;
    path.push(key);
    const table = tree as Record<PathSegment, unknown>;
    if (depth === segments.length - 1) {
      table[key] = value;
      return path;
    }
    table[key] ??= {};
    const next = table[key];
    if (next === null || typeof next !== 'object') {
      const map = `${segments.slice(0, depth + 1).join('.')}={${segments[depth + 1]}: …}`;
      return `${segments.slice(0, depth + 1).join('.')} is no map; write ${map}`;
    }
    tree = next as Tree;
  }
  return path;
}

function findEntry(
  list: readonly unknown[],
  segment: string,
  path: DocumentPath,
): number | { problem: string } {
  const what = path.join('.');
  if (/^\d+$/.test(segment)) {
    if (Number(segment) < list.length) return Number(segment);
    const range = list.length === 0 ? 'it is empty' : `expected 0 to ${list.length - 1}`;
    return { problem: `${what} has no entry ${segment}; ${range}` };
  }
  const names = list.map((entry) => String(child(entry, 'name') ?? ''));
  const index = names.indexOf(segment);
  if (index >= 0) return index;
  const known = names.filter((name) => name !== '');
  const hint = didYouMean(segment, known);
  const tail =
    hint !== '' ? hint : known.length > 0 ? `known are ${known.join(', ')}` : 'use an index from 0';
  return { problem: `${what} has no entry named ${quote(segment)}; ${tail}` };
}

function child(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
