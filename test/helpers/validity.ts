/** What a run on a busy host may be expected to end with: the instrument says that it did not keep its plan, and is right. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../src/core/exit-codes.ts';
import type { RunRecord } from '../../src/core/record.ts';

/** Checks that a busy host fails, however sound the system and the ledgers are. */
const OF_THE_HOST = /^(generator slip|events sent of those due|load worker CPU)/;

/** Whether the run is invalid, and for the host's sake alone. */
export function isHostTooBusy({ validity }: Pick<RunRecord, 'validity'>): boolean {
  const failed = validity.checks.filter(({ status }) => status === 'invalid');
  return failed.length > 0 && failed.every(({ name }) => OF_THE_HOST.test(name));
}

/** The code with which the run ends that would have ended with `code`, had the host kept up. */
export function codeOnHost(record: RunRecord, code: ExitCode): ExitCode {
  return isHostTooBusy(record) ? EXIT.invalid : code;
}

/** The same for a command that left its runs in `results`: a comparison is invalid where one of them is. */
export function codeOfRuns(results: string, code: ExitCode): ExitCode {
  const records = readdirSync(results)
    .map((name) => join(results, name, 'record.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as RunRecord | { kind: 'comparison' });
  return records.some((record) => record.kind === 'run' && isHostTooBusy(record)) ? EXIT.invalid : code;
}
