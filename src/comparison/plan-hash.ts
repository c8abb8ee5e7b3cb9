/** Whether two runs played the same: a hash of the plan, and the difference in words where it is not the same. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ScenarioPlan } from '../core/plan.ts';
import { canonicalJson } from './canonical-json.ts';

const DIFFERENCES_SHOWN = 8;
const TEXT_SHOWN = 60;

/** What is played: seeds make the block, checks and words judge and explain it, strategies are what is compared. */
export function playedPlan(plan: ScenarioPlan): Omit<ScenarioPlan, 'seed' | 'checks' | 'description'> {
  const { seed: _seed, checks: _checks, description: _description, ...played } = plan;
  return played;
}

/** `sha256:` and 64 hexadecimal digits, of the canonical JSON. */
export function planHash(plan: ScenarioPlan): string {
  return hashOf(playedPlan(plan));
}

/** Whether both play the same. Cheaper than two hashes where they do. */
export function isSamePlan(a: ScenarioPlan, b: ScenarioPlan): boolean {
  return isDeepStrictEqual(playedPlan(a), playedPlan(b)) || planHash(a) === planHash(b);
}

export function hashOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}

/** `phases[1].durationMs: 3000 → 2000`, one line for each leaf that differs, the first few; empty for equal plans. */
export function describeDifference(a: ScenarioPlan, b: ScenarioPlan): string[] {
  const lines = [...differences('', playedPlan(a), playedPlan(b))];
  const more = lines.length - DIFFERENCES_SHOWN;
  return more > 0 ? [...lines.slice(0, DIFFERENCES_SHOWN), `and ${more} more`] : lines;
}

function* differences(path: string, a: unknown, b: unknown): Generator<string> {
  if (isTree(a) && isTree(b) && Array.isArray(a) === Array.isArray(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      yield* differences(join(path, key, Array.isArray(a)), member(a, key), member(b, key));
    }
  } else if (
    canonicalJson(a ?? null) !== canonicalJson(b ?? null) ||
    (a === undefined) !== (b === undefined)
  ) {
    yield `${path}: ${show(a)} → ${show(b)}`;
  }
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function member(tree: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

function join(path: string, key: string, isIndex: boolean): string {
  if (isIndex) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = canonicalJson(value);
  return text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)}…` : text;
}
