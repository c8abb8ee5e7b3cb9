/** A record read back from disk: the whole of it, or the reason why not. */
import type { z } from 'zod';
import { isIntact } from '../comparison/baseline.ts';
import { BASELINE_SCHEMA_VERSION, type Baseline } from '../comparison/baseline-file.ts';
import { COMPARISON_SCHEMA_VERSION, type ComparisonRecord } from '../core/comparison.ts';
import { BenchError, messageOf } from '../core/errors.ts';
import { RECORD_SCHEMA_VERSION, type RunRecord } from '../core/record.ts';
import { baselineSchema } from './baseline-schema.ts';
import { comparisonSchema } from './comparison-schema.ts';
import { completeComparison, completeRecord } from './earlier-record.ts';
import { hasProtoKey } from './read-json.ts';
import { recordSchema } from './record-schema.ts';
import { plainText } from './text.ts';

const MAX_HINTS = 5;
/** Our records are ten deep. Deeper ones would overrun the stack of whoever walks them. */
const MAX_DEPTH = 100;

type Kind = 'run' | 'comparison' | 'baseline';

const VERSIONS: Readonly<Record<Kind, number>> = {
  run: RECORD_SCHEMA_VERSION,
  comparison: COMPARISON_SCHEMA_VERSION,
  baseline: BASELINE_SCHEMA_VERSION,
};

/**
 * The run record that `json` holds. Keys that this version does not know are kept; settings that its own version
 * did not know have their defaults.
 *
 * Errors: BPB_ERR_USAGE, saying whether the text was cut off, is something else, comes from a later
 * version, or which fields are wrong. `name` stands in the message for the file.
 */
export function parseRecord(json: string, name = 'record.json'): RunRecord {
  return checkRun(readRecordDocument(json, name, ['run']), name);
}

/** The comparison that `json` holds. Errors as in {@link parseRecord}. */
export function parseComparison(json: string, name = 'record.json'): ComparisonRecord {
  return checkComparison(readRecordDocument(json, name, ['comparison']), name);
}

/** The record that `json` holds, of whichever kind. Errors as in {@link parseRecord}. */
export function parseDocument(json: string, name = 'record.json'): RunRecord | ComparisonRecord {
  const document = readRecordDocument(json, name, ['run', 'comparison']);
  return document.kind === 'run' ? checkRun(document, name) : checkComparison(document, name);
}

/**
 * The baseline that `json` holds. Errors as in {@link parseRecord}, and for a file that was changed after it was
 * accepted.
 */
export function parseBaseline(json: string, name = 'baseline file'): Baseline {
  const written = readRecordDocument(json, name, ['baseline']);
  const document = check(baselineSchema, completeComparison(written), name) as Baseline;
  if (!isIntact(written)) {
    throw refuseRecord(`${name} was changed after it was accepted: its integrity does not fit its content`, [
      'baselines are made anew, never edited: --save-baseline',
    ]);
  }
  return document;
}

function checkRun(document: object, name: string): RunRecord {
  return check(recordSchema, completeRecord(document), name) as RunRecord;
}

function checkComparison(document: object, name: string): ComparisonRecord {
  return check(comparisonSchema, completeComparison(document), name) as ComparisonRecord;
}

function check(schema: z.ZodType, document: object, name: string): object {
  const result = schema.safeParse(document);
  if (result.success) return document;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`,
  );
  const count = `${problems.length} field${problems.length === 1 ? ' is' : 's are'} wrong`;
  throw refuseRecord(`${name} is a damaged record, ${count}`, problems);
}

/** The document as an object of one of `kinds` and of a known version. */
function readRecordDocument(json: string, name: string, kinds: readonly Kind[]): { kind: Kind } {
  const value = parseJson(json, name);
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value) || !('kind' in value)) {
    throw refuseRecord(`${name} is no bpbench record: it has no schemaVersion and kind`, [
      'expected the record.json of a result folder',
    ]);
  }
  const { schemaVersion, kind } = value;
  const known = kinds.find((one) => one === kind);
  const version = VERSIONS[known ?? 'run'];
  if (typeof schemaVersion === 'number' && schemaVersion > version) {
    throw refuseRecord(`${name} has schemaVersion ${schemaVersion}, this bpbench reads up to ${version}`, [
      'read it with the newer bpbench that wrote it',
    ]);
  }
  if (known === undefined) {
    const expected = kinds.map((one) => `"${one}"`).join(' or ');
    throw refuseRecord(`${name} is a record of kind ${show(kind)}, expected ${expected}`);
  }
  return { ...value, kind: known };
}

/** The first few hints are kept. Texts of the file are shown without control characters. */
function refuseRecord(message: string, hints: readonly string[] = [], cause?: unknown): BenchError {
  const more = hints.length - MAX_HINTS;
  const shown = [...hints.slice(0, MAX_HINTS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new BenchError('BPB_ERR_USAGE', plainText(message), { hints: shown.map(plainText), cause });
}

function parseJson(json: string, name: string): unknown {
  if (json.trim() === '') {
    throw refuseRecord(`${name} is empty`, ['the run may have been killed before its end']);
  }
  const { deepest, isOpen } = outline(json);
  if (deepest > MAX_DEPTH) {
    throw refuseRecord(`${name} is nested deeper than ${MAX_DEPTH} levels`, [
      'expected the record.json of a result folder',
    ]);
  }
  try {
    const value: unknown = JSON.parse(json);
    if (!hasProtoKey(value, json)) return value;
  } catch (thrown) {
    throw isOpen && isAtEnd(thrown, json)
      ? refuseRecord(
          `${name} is cut off after ${json.length} characters`,
          ['it was copied or written only in part'],
          thrown,
        )
      : refuseRecord(
          `${name} is no JSON: ${messageOf(thrown)}`,
          ['expected the record.json of a result folder'],
          thrown,
        );
  }
  throw refuseRecord(`${name} is a damaged record: a key is called __proto__`);
}

/** Whether it was the end of the text that the parser did not expect, and nothing before it. */
function isAtEnd(thrown: unknown, json: string): boolean {
  const message = messageOf(thrown);
  const at = /^[^"]* at position (\d+)/.exec(message)?.[1];
  return at === undefined ? message.startsWith('Unexpected end') : Number(at) >= json.length;
}

/**
 * How deep lists and objects are nested at most, and whether one that was begun has no end. Without recursion, so that
 * no depth is too much.
 */
function outline(json: string): { deepest: number; isOpen: boolean } {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) {
      if (code === BACKSLASH) at++;
    } else if (code === BRACE || code === BRACKET) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth--;
  }
  return { deepest, isOpen: depth > 0 };
}

const QUOTE = 34;
const BRACKET = 91;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const BRACE = 123;
const CLOSING_BRACE = 125;

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 40);
}
