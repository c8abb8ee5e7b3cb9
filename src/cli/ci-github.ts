/** `--ci github`: the step's summary and its annotations, within GitHub's limits. */
import { appendFile, stat } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import { renderSummaryWithin, SUMMARY_BUDGET_BYTES } from '../report/formats/github-summary.ts';
import type { Report } from '../report/report.ts';
import { formatAnnotation, listAnnotations } from './ci-github-annotations.ts';
import { writeErr } from './streams.ts';

export type CiChoice = 'auto' | 'github' | 'none';

export function isOnGitHub(choice: CiChoice, env: NodeJS.ProcessEnv): boolean {
  return choice === 'auto' ? env['GITHUB_ACTIONS'] === 'true' : choice === 'github';
}

/**
 * Annotations go to stderr, where the runner reads them too, so that stdout stays what was asked for. A summary that
 * cannot be written is said and costs nothing else.
 */
export async function tellGitHub(report: Report, env: NodeJS.ProcessEnv): Promise<void> {
  for (const annotation of listAnnotations(report)) writeErr(`${formatAnnotation(annotation)}\n`);
  const path = env['GITHUB_STEP_SUMMARY'];
  if (path === undefined || path === '') return;
  try {
    const written = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    const text = renderSummaryWithin(report, SUMMARY_BUDGET_BYTES - written - 1);
    // An earlier command of the step may have ended its text without a line break.
    if (written < SUMMARY_BUDGET_BYTES) await appendFile(path, written === 0 ? text : `\n${text}`);
    else writeErr('bpbench: the summary of this step is full: nothing was added\n');
  } catch (thrown) {
    writeErr(`bpbench: the summary of this step could not be written: ${messageOf(thrown)}\n`);
  }
}
