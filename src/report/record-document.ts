/** A record read back from disk: the whole of it, or the reason why not. */
import { BenchError, messageOf } from '../core/errors.ts';
import { RECORD_SCHEMA_VERSION, type RunRecord } from '../core/record.ts';
import { completeRecord } from './earlier-record.ts';
import { recordSchema } from './record-schema.ts';
import { plainText } from './text.ts';

const MAX_HINTS = 5;

/**
 * The record that `json` holds. Keys that this version does not know are kept; settings that its own version
 * did not know have their defaults.
 *
 * Errors: BPB_ERR_USAGE, saying whether the text was cut off, is something else, comes from a later
 * version, or which fields are wrong. `name` stands in the message for the file.
 */
export function parseRecord(json: string, name = 'record.json'): RunRecord {
  const document = completeRecord(readRecordDocument(json, name));
  const result = recordSchema.safeParse(document);
  if (result.success) return document as RunRecord;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'top level'}: ${issue.message}`,
  );
  const count = `${problems.length} field${problems.length === 1 ? ' is' : 's are'} wrong`;
  throw refuseRecord(`${name} is a damaged record, ${count}`, problems);
}

/** The document as an object of kind `run` and of a known version. */
function readRecordDocument(json: string, name: string): object {
  const value = parseJson(json, name);
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value) || !('kind' in value)) {
    throw refuseRecord(`${name} is no bpbench record: it has no schemaVersion and kind`, [
      'expected the record.json of a result folder',
    ]);
  }
  const { schemaVersion, kind } = value;
  if (typeof schemaVersion === 'number' && schemaVersion > RECORD_SCHEMA_VERSION) {
    throw refuseRecord(
      `${name} has schemaVersion ${schemaVersion}, this bpbench reads up to ${RECORD_SCHEMA_VERSION}`,
      ['read it with the newer bpbench that wrote it'],
    );
  }
  if (kind !== 'run') throw refuseRecord(`${name} is a record of kind ${show(kind)}, expected "run"`);
  return value;
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
  try {
    return JSON.parse(json);
  } catch (thrown) {
    const isCutOff = /^\s*\{/.test(json) && !/\}\s*$/.test(json);
    throw isCutOff
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
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 40);
}
