/** Finds scenarios: files of the user, and the ones that come with the package. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError, messageOf } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { planDurationMs } from '../core/plan.ts';
import { resolvePlan } from './resolve.ts';
import { MAX_SCENARIO_BYTES, parseScenarioText, type ScenarioSource } from './source.ts';

/** Beside `src/` in a checkout and beside `dist/` in the package: two levels up in both. */
const BUILT_IN_FOLDER = fileURLToPath(new URL('../../scenarios/', import.meta.url));

const EXTENSIONS = ['.yaml', '.yml', '.json'];

export interface BuiltInScenario {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  /** What its phases take together. */
  readonly durationMs: number;
}

/**
 * Reads a scenario by name or by path: whatever holds a slash or ends in `.yaml`, `.yml` or `.json`
 * is a path. Errors as of {@link loadScenarioFile} and {@link findBuiltInScenario}.
 */
export function loadScenario(nameOrPath: string): ScenarioSource {
  return isScenarioPath(nameOrPath) ? loadScenarioFile(nameOrPath) : findBuiltInScenario(nameOrPath);
}

export function isScenarioPath(text: string): boolean {
  return /[/\\]/.test(text) || EXTENSIONS.includes(extname(text).toLowerCase());
}

/**
 * Reads a scenario file: YAML, or JSON by its ending. What it says is checked by `resolvePlan`.
 *
 * Errors: BPB_ERR_SCENARIO for a file that cannot be read, is larger than 1 MiB, is not UTF-8 or has
 * syntax errors (all of them, by line).
 */
export function loadScenarioFile(path: string): ScenarioSource {
  const format = extname(path).toLowerCase() === '.json' ? 'json' : 'yaml';
  const name = basename(path, extname(path));
  return parseScenarioText(readText(path), path, name, format);
}

/** A scenario of the package. Errors: BPB_ERR_UNKNOWN_NAME with the nearest names. */
export function findBuiltInScenario(name: string): ScenarioSource {
  const names = builtInNames();
  if (!names.includes(name)) {
    const nearest = didYouMean(name, names);
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `no scenario named ${JSON.stringify(name)}`, {
      hints: [
        nearest === '' ? `known are ${names.join(', ')}` : nearest,
        'a file of your own is given as a path, such as ./my-scenario.yaml',
      ],
    });
  }
  return parseScenarioText(readText(builtInFile(name)), `scenarios/${name}.yaml`, name);
}

/** The scenarios of the package, by name. */
export function listBuiltInScenarios(): BuiltInScenario[] {
  return builtInNames().map((name) => {
    const plan = resolvePlan(findBuiltInScenario(name), { seed: 0 });
    return { name, summary: plan.description, file: builtInFile(name), durationMs: planDurationMs(plan) };
  });
}

function builtInNames(): string[] {
  return readdirSync(BUILT_IN_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

function builtInFile(name: string): string {
  return join(BUILT_IN_FOLDER, `${name}.yaml`);
}

/** The text of a small file. Errors: BPB_ERR_SCENARIO when it cannot be read; `what` it is names it in the message. */
export function readText(path: string, what = 'scenario'): string {
  try {
    const facts = statSync(path);
    // A pipe or a device could hold the command for ever.
    if (!facts.isFile()) throw new Error('it is no regular file');
    if (facts.size > MAX_SCENARIO_BYTES) {
      throw new Error(`expected at most ${MAX_SCENARIO_BYTES} bytes, got ${facts.size}`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'there is no such file' : messageOf(error);
    const builtIn = basename(path, extname(path));
    const hints =
      isMissing && what === 'scenario' && builtInNames().includes(builtIn)
        ? [`the built-in one is named ${builtIn}`]
        : [];
    throw new BenchError('BPB_ERR_SCENARIO', `${path}: cannot read the ${what}: ${reason}`, {
      hints,
      cause: error,
    });
  }
}
