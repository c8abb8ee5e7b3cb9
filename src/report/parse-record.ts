/** A record read back from disk: the whole of it, or the reason why not. */
import { BenchError, messageOf } from '../core/errors.ts';
import { RECORD_SCHEMA_VERSION, type RunRecord } from '../core/record.ts';
import { recordSchema } from './record-schema.ts';
import { plainText } from './text.ts';

const MAX_PROBLEMS_SHOWN = 5;

/**
 * The record that `json` holds. Keys that this version does not know are kept.
 *
 * Errors: BPB_ERR_USAGE, saying whether the text was cut off, is something else, comes from a later
 * version, or which fields are wrong. `name` stands in the message for the file.
 */
export function parseRecord(json: string, name = 'record.json'): RunRecord {
  const value = parseJson(json, name);
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value) || !('kind' in value)) {
    throw refuse(`${name} is no bpbench record: it has no schemaVersion and kind`, [
      'expected the record.json of a result folder',
    ]);
  }
  const { schemaVersion, kind } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > RECORD_SCHEMA_VERSION) {
    throw refuse(
      `${name} has schemaVersion ${schemaVersion}, this bpbench reads up to ${RECORD_SCHEMA_VERSION}`,
      ['read it with the newer bpbench that wrote it'],
    );
  }
  if (kind !== 'run') {
    throw refuse(`${name} is a record of kind ${show(kind)}, expected "run"`, []);
  }
  const result = recordSchema.safeParse(value);
  if (result.success) return value as RunRecord;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`,
  );
  const more = problems.length - MAX_PROBLEMS_SHOWN;
  throw refuse(
    `${name} is a damaged record, ${problems.length} field${problems.length === 1 ? ' is' : 's are'} wrong`,
    [...problems.slice(0, MAX_PROBLEMS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])],
  );
}

function parseJson(json: string, name: string): unknown {
  if (json.trim() === '') throw refuse(`${name} is empty`, ['the run may have been killed before its end']);
  try {
    return JSON.parse(json);
  } catch (thrown) {
    const isCutOff = /^\s*\{/.test(json) && !/\}\s*$/.test(json);
    throw refuse(
      isCutOff
        ? `${name} is cut off after ${json.length} characters`
        : `${name} is no JSON: ${messageOf(thrown)}`,
      [isCutOff ? 'it was copied or written only in part' : 'expected the record.json of a result folder'],
      thrown,
    );
  }
}

function refuse(message: string, hints: readonly string[], cause?: unknown): BenchError {
  return new BenchError('BPB_ERR_USAGE', plainText(message), { hints: hints.map(plainText), cause });
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 40);
}
