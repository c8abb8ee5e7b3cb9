/** Keys of the notes' own configuration, where they mean something here, and what they are called here. */
import type { DocumentPath } from './problems.ts';

interface Synonym {
  /** The map under `system` that has the key, and the key. */
  readonly theirs: readonly [table: string, key: string];
  readonly ours: readonly [table: string, key: string];
  /** Of a bare number; the note says it in the key. */
  readonly unit?: string;
}

export const SYNONYMS: readonly Synonym[] = [
  { theirs: ['resources', 'max_connections'], ours: ['resources', 'maxConnections'] },
  { theirs: ['resources', 'max_memory'], ours: ['resources', 'maxMemory'] },
  { theirs: ['resources', 'max_memory_mb'], ours: ['resources', 'maxMemory'], unit: 'MB' },
  { theirs: ['resources', 'max_tasks'], ours: ['resources', 'maxTasks'] },
  { theirs: ['sse', 'max_events_per_session'], ours: ['sse', 'replayEvents'] },
  { theirs: ['sse', 'event_ttl_secs'], ours: ['store', 'keepFor'], unit: 's' },
];

/** What a path of ours is instead of a path of the notes, and how to read a value there; `null` for any other path. */
export function translateSynonym(
  path: DocumentPath,
): { readonly path: readonly string[]; readonly read: (value: unknown) => unknown } | null {
  const [system, table, key, ...rest] = path;
  const synonym = SYNONYMS.find(({ theirs }) => theirs[0] === table && theirs[1] === key);
  if (system !== 'system' || rest.length > 0 || synonym === undefined) return null;
  const { ours, unit } = synonym;
  return {
    path: ['system', ...ours],
    read: (value) => (unit !== undefined && typeof value === 'number' ? `${value}${unit}` : value),
  };
}

/** The notes' keys that the map at `path` takes beside ours. */
export function synonymsAt(path: DocumentPath): string[] {
  const [system, table, ...rest] = path;
  if (system !== 'system' || rest.length > 0) return [];
  return SYNONYMS.filter(({ theirs }) => theirs[0] === table).map(({ theirs }) => theirs[1]);
}

/** Makes the notes' keys ours, in place; what is given under both names is left alone, to be refused. */
export function renameSynonyms(raw: unknown): void {
  const system = mapAt(raw, 'system');
  if (system === undefined) return;
  for (const { theirs } of SYNONYMS) {
    const table = mapAt(system, theirs[0]);
    const ours = translateSynonym(['system', ...theirs]);
    if (table === undefined || ours === null || !Object.hasOwn(table, theirs[1])) continue;
    const [, name = '', key = ''] = ours.path;
    if (!Object.hasOwn(system, name)) system[name] = {};
    const target = mapAt(system, name);
    if (target === undefined || Object.hasOwn(target, key)) continue;
    target[key] = ours.read(table[theirs[1]]);
    delete table[theirs[1]];
  }
}

function mapAt(value: unknown, key: string): Record<string, unknown> | undefined {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
  const inner = (value as Record<string, unknown>)[key];
  return inner !== null && typeof inner === 'object' && !Array.isArray(inner)
    ? (inner as Record<string, unknown>)
    : undefined;
}
