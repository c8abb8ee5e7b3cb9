/** What the values of a scenario mean together: names, shares, rates that fit their path, checks. */
import { PATHS } from '../core/boundary.ts';
import { didYouMean } from '../core/nearest.ts';
import type { CheckSpec } from '../core/plan.ts';
import { formatShare } from '../core/units.ts';
import type { CheckScope } from './check-syntax.ts';
import { createCheckSpec, validateChecks } from './checks.ts';
import type { ArrivalsSpec } from './fields.ts';
import { quote } from './problems.ts';
import type { ClientDocument, PhaseDocument } from './schema.ts';
import type { RawProblem } from './validate.ts';

/** A document in parts; `null` stands for an entry that has problems of its own. */
export interface DocumentParts {
  readonly clients: readonly (ClientDocument | null)[];
  readonly phases: readonly (PhaseDocument | null)[];
  readonly checks: readonly unknown[];
}

/** Shares such as 0.5 + 0.05 + 0.3 + 0.15 add up to a little more than 1 in floating point. */
const SHARE_DUST = 1e-9;

/** Everything that is wrong between sound parts. Rules that need a missing part stay silent. */
export function findMeaningProblems(parts: DocumentParts): RawProblem[] {
  const isComplete = parts.clients.length > 0 && !parts.clients.includes(null);
  return [
    ...findGroupProblems(parts),
    ...(isComplete ? findShareProblems(parts.clients as ClientDocument[]) : []),
    ...findPhaseProblems(parts, isComplete),
    ...findCheckProblems(parts, isComplete),
  ];
}

/** The groups that checks may name: a ws group with messages has its replies as a group of its own. */
export function checkScope(
  clients: readonly Pick<ClientDocument, 'name' | 'path' | 'rate'>[],
  phases: readonly Pick<PhaseDocument, 'rate'>[],
): CheckScope {
  return {
    groups: clients.flatMap(({ name, path, rate }) => {
      const hasReplies =
        path === 'ws' && [rate, ...phases.map((phase) => phase.rate?.[name])].some((entry) => isWork(entry));
      return hasReplies
        ? [
            { name, path },
            { name: `${name} replies`, path },
          ]
        : [{ name, path }];
    }),
  };
}

/** A check of a document: a text, or a map with its own name. */
export function toCheckSpec(check: string | { name: string; expression: string }): CheckSpec {
  return typeof check === 'string'
    ? createCheckSpec(check)
    : createCheckSpec(check.expression, { name: check.name });
}

function findGroupProblems({ clients, phases }: DocumentParts): RawProblem[] {
  const problems: RawProblem[] = [];
  const names = clients.map((client) => client?.name);
  for (const [index, client] of clients.entries()) {
    if (client === null) continue;
    const { name, path, rate } = client;
    const at = ['clients', index];
    if (names.indexOf(name) < index)
      problems.push({ path: [...at, 'name'], message: repeated('client group', name) });
    if (name !== path && (PATHS as readonly string[]).includes(name)) {
      const message = `a group named ${name} must be on path ${name}, got path ${path}; checks could not tell them apart`;
      problems.push({ path: [...at, 'name'], message });
    }
    if (name.endsWith(' replies') && names.includes(name.slice(0, -' replies'.length))) {
      const message = `the name ${quote(name)} is taken: answers to ${name.slice(0, -' replies'.length)} are shown under it`;
      problems.push({ path: [...at, 'name'], message });
    }
    if (path === 'sse' && isWork(rate)) {
      const message = 'sse clients only listen and send nothing; leave rate out, or set publish in a phase';
      problems.push({ path: [...at, 'rate'], message });
    }
    if (rate !== undefined && isRamp(rate)) {
      const message = `a ramp runs over one phase; write it there as rate: { ${name}: … }`;
      problems.push({ path: [...at, 'rate'], message });
    }
    const isAlwaysIdle =
      !isWork(rate) && !phases.some((phase) => phase === null || isWork(phase.rate?.[name]));
    if (path === 'proxy' && isAlwaysIdle) {
      problems.push({
        path: at,
        message: `proxy clients need requests: give ${quote(name)} a rate such as 100/s, here or in a phase`,
      });
    }
  }
  return problems;
}

function findShareProblems(clients: readonly ClientDocument[]): RawProblem[] {
  const total = clients.reduce((sum, client) => sum + (client.share ?? 0), 0);
  const open = clients.filter((client) => client.share === undefined);
  if (total > 1 + SHARE_DUST) {
    const list = clients.filter((client) => client.share !== undefined).map((client) => client.name);
    const message = `the shares of ${list.join(', ')} must add up to at most 100 %, got ${formatShare(total)}`;
    return [{ path: ['clients'], message }];
  }
  if (open.length > 0 && total > 1 - SHARE_DUST) {
    const message = `the other shares add up to 100 % and leave nothing for ${open.map((client) => client.name).join(', ')}`;
    return [{ path: ['clients'], message }];
  }
  return [];
}

function findPhaseProblems({ clients, phases }: DocumentParts, areGroupsKnown: boolean): RawProblem[] {
  const problems: RawProblem[] = [];
  const groups = clients.filter((client) => client !== null);
  const groupNames = groups.map((client) => client.name);
  const names = phases.map((phase, index) => (phase === null ? null : phaseName(phase, index)));
  for (const [index, phase] of phases.entries()) {
    if (phase === null) continue;
    const at = ['phases', index];
    const name = names[index] as string;
    if (names.indexOf(name) < index)
      problems.push({ path: [...at, 'name'], message: repeated('phase', name) });
    if (!areGroupsKnown) continue;
    const perGroup = typeof phase.connections === 'object' ? { connections: phase.connections } : {};
    for (const [key, table] of Object.entries({ ...perGroup, rate: phase.rate ?? {} })) {
      for (const group of Object.keys(table)) {
        if (groupNames.includes(group)) continue;
        const hint = didYouMean(group, groupNames);
        const message = `no client group ${quote(group)}; ${hint === '' ? `known are ${groupNames.join(', ')}` : hint}`;
        problems.push({ path: [...at, key, group], isKey: true, message });
      }
    }
    for (const group of groups) {
      if (group.path !== 'sse' || !isWork(phase.rate?.[group.name])) continue;
      const message = 'sse clients only listen and send nothing; set publish instead';
      problems.push({ path: [...at, 'rate', group.name], message });
    }
  }
  return problems;
}

function findCheckProblems(
  { clients, phases, checks }: DocumentParts,
  areGroupsKnown: boolean,
): RawProblem[] {
  const groups = clients.filter((client) => client !== null);
  const sound = phases.filter((phase) => phase !== null);
  const scope = areGroupsKnown ? checkScope(groups, sound) : null;
  const readable = [...checks.entries()].flatMap(([index, check]) => {
    if (typeof check === 'string') return [{ index, spec: toCheckSpec(check), key: [] as string[] }];
    const expression = (check as { expression?: unknown } | null)?.expression;
    return typeof expression === 'string'
      ? [{ index, spec: createCheckSpec(expression), key: ['expression'] }]
      : [];
  });
  const specs = readable.map((entry) => entry.spec);
  return validateChecks(specs, scope).map((problem) => {
    const entry = readable[problem.index] as (typeof readable)[number];
    return { path: ['checks', entry.index, ...entry.key], message: problem.message };
  });
}

/** The name of a phase that has none: by its place, from 1. */
export function phaseName(phase: Pick<PhaseDocument, 'name'>, index: number): string {
  return phase.name ?? `phase-${index + 1}`;
}

function isWork(arrivals: ArrivalsSpec | undefined): boolean {
  return arrivals !== undefined && arrivals !== 'none';
}

function isRamp(arrivals: ArrivalsSpec): boolean {
  return arrivals !== 'none' && arrivals.model !== 'burst' && arrivals.fromPerSec !== arrivals.toPerSec;
}

function repeated(kind: string, name: string): string {
  return `the name of a ${kind} must be unique, got ${quote(name)} again`;
}
