/** From plain values to a checked document, or to everything that is wrong with it. */
import * as z from 'zod';
import { didYouMean } from '../core/nearest.ts';
import { WHOLE_MESSAGE } from './fields.ts';
import { type DocumentPath, describeValue, type PathSegment, quote } from './problems.ts';
import { findMeaningProblems } from './rules.ts';
import {
  type ClientDocument,
  clientSchema,
  type PhaseDocument,
  phaseSchema,
  type ScenarioDocument,
  scenarioSchema,
} from './schema.ts';
import { synonymsAt, translateSynonym } from './synonyms.ts';

/** A problem whose place in the text is still to be looked up. */
export interface RawProblem {
  readonly path: DocumentPath;
  readonly message: string;
  /** Whether the key itself is wrong, rather than its value. */
  readonly isKey?: boolean;
}

export type Validation =
  | { readonly document: ScenarioDocument; readonly problems: readonly [] }
  | { readonly document: null; readonly problems: readonly RawProblem[] };

/** Keys that would reach into the prototype of a plain object. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Checks `raw` whole: kinds, units, ranges and unknown keys, then what the values mean together, the
 * latter as far as the parts could be read. Reports everything at once, each problem once.
 */
export function validateDocument(raw: unknown): Validation {
  const forbidden = findForbiddenKeys(raw);
  const parsed = scenarioSchema.safeParse(raw);
  const problems: RawProblem[] = [...forbidden];
  if (!parsed.success) {
    problems.push(...describeIssues(scenarioSchema, parsed.error, raw));
  }
  problems.push(...findMeaningProblems(readParts(raw)));
  if (parsed.success && problems.length === 0) return { document: parsed.data, problems: [] };
  return { document: null, problems };
}

/** The entries of a document that are sound by themselves; a faulty one is `null` and keeps its place. */
function readParts(raw: unknown) {
  const list = (key: string): unknown[] => {
    const value = isPlainMap(raw) ? raw[key] : undefined;
    return Array.isArray(value) ? value : [];
  };
  return {
    clients: list('clients').map(
      (entry): ClientDocument | null => clientSchema.safeParse(entry).data ?? null,
    ),
    phases: list('phases').map((entry): PhaseDocument | null => phaseSchema.safeParse(entry).data ?? null),
    checks: list('checks'),
  };
}

/** What a schema says of a document, in the words of a problem list. */
export function describeIssues(schema: z.core.$ZodType, error: z.core.$ZodError, raw: unknown): RawProblem[] {
  return error.issues.flatMap((issue) => describeIssue(schema, issue, raw));
}

function describeIssue(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssue,
  raw: unknown,
  prefix: DocumentPath = [],
): RawProblem[] {
  const path = [...prefix, ...(issue.path as DocumentPath)];
  const value = readPath(raw, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(schema, path);
      return issue.keys
        .filter((key) => !FORBIDDEN_KEYS.has(key))
        .map((key) => ({
          path: [...path, key],
          isKey: true,
          message:
            describeRepetition([...path, key]) ??
            unknownKeyMessage(key, known, findSystemPath(schema, raw, [...path, key])),
        }));
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const expected = allowed.length === 1 ? allowed[0] : `one of ${allowed.join(', ')}`;
      const hint = typeof value === 'string' ? didYouMean(value, allowed) : '';
      return [{ path, message: expectedMessage(`${expected}`, value, hint) }];
    }
    case 'invalid_union': {
      // The branch that takes this kind of value knows best what is wrong inside it.
      const fitting = issue.errors.filter((branch) => !branch.some((inner) => isWrongKind(inner, value)));
      if (fitting.length > 0) {
        return (fitting[0] as z.core.$ZodIssue[]).flatMap((inner) => describeIssue(schema, inner, raw, path));
      }
      return [{ path, message: expectedMessage(issue.message, value) }];
    }
    case 'custom':
      if (issue.params === WHOLE_MESSAGE) return [{ path, message: issue.message }];
      return [{ path, message: expectedMessage(issue.message, value) }];
    default:
      return [{ path, message: expectedMessage(issue.message, value) }];
  }
}

/** Whether a branch of a union was made for another kind of value: a text where a list came, for example. */
function isWrongKind(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_value') return typeof value !== 'string';
  return issue.code === 'invalid_type' || issue.code === 'invalid_union';
}

function expectedMessage(expected: string, value: unknown, hint = ''): string {
  return `expected ${expected}, got ${describeValue(value)}${hint === '' ? '' : `; ${hint}`}`;
}

/** Of a key of the notes that is still there: ours is given too. */
function describeRepetition(path: DocumentPath): string | undefined {
  const ours = translateSynonym(path)?.path;
  if (ours === undefined) return undefined;
  const name = ours[1] === path[1] ? ours[2] : ours.slice(1).join('.');
  return `${path.at(-1)} and ${name} are the same limit; keep one of them`;
}

function unknownKeyMessage(key: string, known: readonly string[], elsewhere: string | undefined): string {
  if (elsewhere !== undefined) return `unknown key ${quote(key)}; did you mean ${elsewhere}?`;
  const hint = didYouMean(key, known);
  return `unknown key ${quote(key)}; ${hint === '' ? `known are ${known.join(', ')}` : hint}`;
}

/** Where a key at the top would be known: under `system`, as deep as the value says in maps of one key. */
function findSystemPath(schema: z.core.$ZodType, raw: unknown, path: DocumentPath): string | undefined {
  const [key, ...rest] = path;
  if (rest.length > 0 || !knownKeys(schema, ['system']).includes(String(key))) return undefined;
  const found: PathSegment[] = ['system', String(key)];
  for (;;) {
    const value = readPath(raw, found.slice(1));
    const [only, another] = isPlainMap(value) ? Object.keys(value) : [];
    if (only === undefined || another !== undefined || !knownKeys(schema, found).includes(only)) break;
    found.push(only);
  }
  return found.join('.');
}

/** The keys that the schema knows in the map at `path`, the notes' spellings included. */
function knownKeys(schema: z.core.$ZodType, path: DocumentPath): string[] {
  const ours = keysOf(schema, path);
  return ours.length === 0 ? ours : [...ours, ...synonymsAt(path)];
}

function keysOf(schema: z.core.$ZodType, path: DocumentPath): string[] {
  const inner = unwrap(schema);
  const [segment, ...rest] = path;
  if (segment === undefined) {
    if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysOf(option, path));
    if (!(inner instanceof z.ZodObject)) return [];
    return Object.keys(inner.shape);
  }
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysOf(option, path));
  if (inner instanceof z.ZodObject) {
    const next = inner.shape[String(segment)] as z.core.$ZodType | undefined;
    return next === undefined ? [] : keysOf(next, rest);
  }
  if (inner instanceof z.ZodArray) return keysOf(inner.element, rest);
  if (inner instanceof z.ZodRecord) return keysOf(inner.valueType, rest);
  return [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}

/** Keys that would reach into a prototype. */
export function findForbiddenKeys(value: unknown, path: DocumentPath = []): RawProblem[] {
  if (Array.isArray(value))
    return value.flatMap((entry, index) => findForbiddenKeys(entry, [...path, index]));
  if (!isPlainMap(value)) return [];
  return Object.entries(value).flatMap(([key, entry]): RawProblem[] =>
    FORBIDDEN_KEYS.has(key)
      ? [{ path: [...path, key], isKey: true, message: `key ${quote(key)} is not allowed` }]
      : findForbiddenKeys(entry, [...path, key]),
  );
}

function readPath(raw: unknown, path: DocumentPath): unknown {
  let value = raw;
  for (const segment of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
