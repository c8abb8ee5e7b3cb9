/** What a test needs of the machine. Where it is missing the test is skipped by name; on CI it fails instead. */
import { beforeAll, describe } from 'vitest';
import { findProgram } from './programs.ts';

/** `describe` for tests that need `programs`, given as program → Debian package. */
export function describeWith(programs: Record<string, string>, title: string, body: () => void): void {
  const missing = Object.keys(programs).filter((name) => findProgram(name) === undefined);
  describeUnless(
    missing,
    missing.map((name) => programs[name] ?? name),
    title,
    body,
  );
}

/** `describe`, unless something is `missing`; `packages` of Debian bring it. */
export function describeUnless(
  missing: readonly string[],
  packages: readonly string[],
  title: string,
  body: () => void,
): void {
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `${missing.join(', ')} not found: apt-get install ${packages.join(' ')}`;
  if (process.env['BPBENCH_CI'] !== '1') {
    // A machine without the program may still test the rest; `.ci/run` installs it and does not come here.
    describe.skip(`${title} (skipped: ${reason})`, body);
    return;
  }
  describe(title, () => {
    beforeAll(() => {
      throw new Error(reason);
    });
    body();
  });
}
