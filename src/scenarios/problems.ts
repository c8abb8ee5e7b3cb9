/** What is wrong with a scenario: every problem of it at once, each with its place. */
import { BenchError, type ErrorCode } from '../core/errors.ts';

export type PathSegment = string | number;
export type DocumentPath = readonly PathSegment[];

/** Line and column as editors count them, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface ScenarioProblem {
  /** The key's path, `phases[1].duration`; an option such as `--set phases.1.duration=x`; empty for the whole file. */
  readonly path: string;
  readonly line: number | null;
  readonly column: number | null;
  /** What was expected, what came, what to try: one sentence without the path. */
  readonly message: string;
  /** What to try, one idea each. */
  readonly hints?: readonly string[];
}

/** Refuses a scenario or another file of the user; `problems` holds all of them, in the order of the file, for programs. */
export class ScenarioError extends BenchError {
  readonly file: string;
  readonly problems: readonly ScenarioProblem[];

  constructor(file: string, problems: readonly ScenarioProblem[], code: ErrorCode = 'BPB_ERR_SCENARIO') {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(code, [`${file}: ${count}`, ...problems.map(formatProblem)].join('\n'));
    this.name = 'ScenarioError';
    this.file = file;
    this.problems = problems;
  }
}

/** In the order of the text; what has no place in it comes last and keeps its order. */
export function sortByPlace(problems: readonly ScenarioProblem[]): ScenarioProblem[] {
  const line = (problem: ScenarioProblem) => problem.line ?? Number.MAX_SAFE_INTEGER;
  return problems.toSorted((a, b) => line(a) - line(b) || (a.column ?? 0) - (b.column ?? 0));
}

/** `12:15 phases[1].duration: expected …`, indented as a list entry; what to try on lines of its own. */
export function formatProblem(problem: ScenarioProblem): string {
  const place = problem.line === null ? '' : `${problem.line}:${problem.column} `;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const hints = (problem.hints ?? []).map((hint) => `\n    try: ${hint}`);
  return `  ${place}${path}${problem.message}${hints.join('')}`;
}

/** `['phases', 1, 'rate', 'sse fast']` → `phases[1].rate.sse fast`. */
export function formatPath(path: DocumentPath): string {
  return path.reduce<string>(
    (text, segment) =>
      typeof segment === 'number' ? `${text}[${segment}]` : text === '' ? segment : `${text}.${segment}`,
    '',
  );
}

/** A value as somebody typed it, with its type, cut to a readable length: `'10 s' (text)`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `${quote(value)} (text)`;
  return `${String(value)} (${typeof value})`;
}

/** In quotes, control characters escaped, at most 60 characters. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return `'${JSON.stringify(cut)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replace(/[\u007f-\u009f]/g, escapeControl)}'`;
}

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
