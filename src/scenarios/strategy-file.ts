/**
 * Strategy files: one strategy, or one for each boundary, with a name. This is their form; what the texts
 * mean is for the system's parser to say.
 */
import { basename, extname } from 'node:path';
import * as z from 'zod';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../core/boundary.ts';
import { name } from './fields.ts';
import { readText } from './load-scenario.ts';
import {
  type DocumentPath,
  formatPath,
  ScenarioError,
  type ScenarioProblem,
  sortByPlace,
} from './problems.ts';
import { locateNearest } from './resolve.ts';
import { parseScenarioText, type ScenarioSource } from './source.ts';
import { describeIssues, findForbiddenKeys } from './validate.ts';

const TEXT_EXPECTED = "a strategy such as 'drop-oldest,capacity=64 + codel', or a map with stages";
const STAGE_EXPECTED = "a stage such as 'drop-oldest,capacity=64', or a map with its name and parameters";
const VALUE_EXPECTED = 'a number or a text without , and +';

const value = z
  .union([z.number(), z.boolean(), z.string().regex(/^[^,+]*$/, { error: VALUE_EXPECTED })], {
    error: VALUE_EXPECTED,
  })
  .describe('A parameter of the stage, with its unit, such as 64, 1MiB, 300ms, 20% or true.');

const stageText = z.string({ error: STAGE_EXPECTED }).trim().min(1, { error: STAGE_EXPECTED });

const stage = z.union(
  [
    stageText,
    z
      .object(
        { name: stageText.describe('A name of `bpbench list strategies`.') },
        { error: 'a map with the name of the stage and its parameters' },
      )
      .catchall(value)
      .transform(({ name: stageName, ...params }) =>
        [stageName, ...Object.entries(params).map(([key, setting]) => `${key}=${setting}`)].join(','),
      ),
  ],
  { error: STAGE_EXPECTED },
);

const strategy = z.union(
  [
    z.string({ error: TEXT_EXPECTED }).trim().min(1, { error: TEXT_EXPECTED }),
    z
      .strictObject(
        {
          stages: z
            .array(stage, { error: 'a list of stages' })
            .min(1, { error: 'at least one stage' })
            .describe('The parts, as texts or as maps of a name and parameters.'),
        },
        { error: 'a map with stages' },
      )
      .transform(({ stages }) => stages.join(' + ')),
  ],
  { error: TEXT_EXPECTED },
);

const boundaries = Object.fromEntries(
  BOUNDARY_NAMES.map((boundary) => [
    boundary,
    strategy.optional().describe(`What stands at ${boundary}: ${BOUNDARIES[boundary].summary}.`),
  ]),
) as Record<BoundaryName, z.ZodOptional<typeof strategy>>;

export const strategyFileSchema = z
  .strictObject(
    {
      name: name().optional().describe('Heads the results. Default: the name of the file.'),
      description: z.string({ error: 'a text' }).optional().describe('What it is for.'),
      strategy: strategy
        .optional()
        .describe("What stands at the scenario's boundaries, as for --strategy, or as a list of stages."),
      boundaries: z
        .strictObject(boundaries, { error: `a map of ${BOUNDARY_NAMES.join(', ')}` })
        .optional()
        .describe('What stands at one boundary alone, whatever strategy says. --at goes before it.'),
    },
    { error: 'a map with strategy, boundaries, or both' },
  )
  .refine((file) => file.strategy !== undefined || file.boundaries !== undefined, {
    error: 'strategy, boundaries, or both in this map',
  })
  .describe('A bpbench strategy: what a queue does when its producer is faster than its consumer.');

/** One strategy of a file, as a text for the parser. */
export interface StrategyText {
  readonly text: string;
  readonly path: DocumentPath;
}

export interface StrategyFile {
  readonly file: string;
  readonly name: string;
  readonly description: string | null;
  /** For the scenario's boundaries. */
  readonly strategy: StrategyText | null;
  readonly boundaries: ReadonlyMap<BoundaryName, StrategyText>;
  /** A problem of one of the texts, with its place in the file. */
  locate(text: StrategyText, message: string): ScenarioProblem;
}

/** A path rather than a name: it ends as files of ours do, or its name holds a slash. */
export function isStrategyPath(text: string): boolean {
  const trimmed = text.trim();
  if (/\.(ya?ml|json)$/i.test(trimmed)) return true;
  const [word = ''] = trimmed.split(/[,+\s]/);
  return /[/\\]/.test(word) && !word.startsWith('as-written/');
}

/**
 * The text of a strategy file: YAML, or JSON by its ending.
 *
 * Errors: BPB_ERR_SCENARIO when it cannot be read.
 */
export function loadStrategySource(path: string): ScenarioSource {
  const extension = extname(path);
  const format = extension.toLowerCase() === '.json' ? 'json' : 'yaml';
  return parseScenarioText(readText(path, 'strategy'), path, basename(path, extension), format);
}

/** Errors: BPB_ERR_STRATEGY with every problem of its form by line. */
export function readStrategyFile(source: ScenarioSource): StrategyFile {
  const { file, problems } = inspectStrategyFile(source);
  if (problems.length > 0) throw new ScenarioError(file.file, problems, 'BPB_ERR_STRATEGY');
  return file;
}

/** What can be read of a file, however much is wrong with the rest, and every problem of its form. */
export function inspectStrategyFile(source: ScenarioSource): {
  readonly file: StrategyFile;
  readonly problems: readonly ScenarioProblem[];
} {
  const { raw, label } = source;
  const place = (path: DocumentPath, message: string, isKey = false): ScenarioProblem => {
    const position = locateNearest(source, path, isKey ? 'key' : 'value');
    return {
      path: formatPath(path),
      line: position?.line ?? null,
      column: position?.column ?? null,
      message,
    };
  };
  const parsed = strategyFileSchema.safeParse(raw);
  const problems = [
    ...findForbiddenKeys(raw),
    ...(parsed.success ? [] : describeIssues(strategyFileSchema, parsed.error, raw)),
  ].map((problem) => place(problem.path, problem.message, problem.isKey));
  const {
    name: ownName,
    description,
    strategy: text,
    boundaries: byBoundary = {},
  } = parsed.data ?? readSound(raw);
  const texts = BOUNDARY_NAMES.flatMap((boundary): [BoundaryName, StrategyText][] => {
    const one = byBoundary[boundary];
    return one === undefined ? [] : [[boundary, { text: one, path: ['boundaries', boundary] }]];
  });
  const file: StrategyFile = {
    file: label,
    name: ownName ?? source.defaultName,
    description: description ?? null,
    strategy: text === undefined ? null : { text, path: ['strategy'] },
    boundaries: new Map(texts),
    locate: (one, message) => place(one.path, message),
  };
  return { file, problems: sortByPlace(problems) };
}

/** The texts of a file with problems that are sound by themselves. */
function readSound(raw: unknown): Partial<z.infer<typeof strategyFileSchema>> {
  const all = asMap(raw);
  const each = asMap(all['boundaries']);
  const sound = BOUNDARY_NAMES.map((name) => [name, strategy.safeParse(each[name]).data]);
  return {
    strategy: strategy.safeParse(all['strategy']).data,
    boundaries: Object.fromEntries(sound) as Partial<Record<BoundaryName, string>>,
  };
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return value === null || typeof value !== 'object' ? {} : (value as Record<string, unknown>);
}

/** JSON Schema 2020-12 of a strategy file, for editors. */
export function strategyFileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(strategyFileSchema, { target: 'draft-2020-12', io: 'input' });
  return { ...schema, title: 'bpbench strategy' };
}

/** Whether a document is a strategy rather than a scenario: it says what stands where, and plays nothing. */
export function looksLikeStrategy(raw: unknown): boolean {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return false;
  return ('strategy' in raw || 'boundaries' in raw) && !('phases' in raw) && !('clients' in raw);
}
