import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext, Script } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundleModules } from '../../../src/report/html/bundle.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes `files` and bundles the first of them. */
function bundle(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-bundle-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return bundleModules(pathToFileURL(join(folder, Object.keys(files)[0] as string)));
}

function run(script: string): unknown {
  const context: { answer?: unknown } = {};
  runInContext(script, createContext(context));
  return context.answer;
}

describe('bundleModules', () => {
  it('runs modules in the order of their imports, each with names of its own', () => {
    const script = bundle({
      'main.ts': `import { name as first, type Kind } from './a.ts';\nimport { name } from './b.ts';\nimport type { Other } from './none.ts';\nconst kind: Kind = 'x';\n(globalThis as any).answer = [kind, first(), name()];\n`,
      'a.ts': `import { SHARED } from './shared.ts';\nexport type Kind = 'x';\nfunction hidden(): string { return 'a'; }\nexport function name(): string { return hidden() + SHARED.value++; }\n`,
      'b.ts': `import {\n  SHARED,\n} from './shared.ts';\nfunction hidden(): string { return 'b'; }\nexport const name = (): string => hidden() + SHARED.value++;\n`,
      'shared.ts': `/** Once. */\nexport const SHARED = { value: 1 };\n`,
    });
    expect(run(script)).toEqual(['x', 'a1', 'b2']);
    expect(script).not.toContain('Once.');
  });

  it('reads JavaScript where there is no TypeScript, as in the package', () => {
    const script = bundle({
      'main.js': `import { a } from './a.js';\nglobalThis.answer = a;\n`,
      'a.js': `export const a = 1;\n`,
    });
    expect(run(script)).toBe(1);
  });

  it('says so when it meets what it does not understand', () => {
    expect(() => bundle({ 'main.ts': `export default 1;\n` })).toThrow(/cannot be bundled: export default 1/);
    expect(() => bundle({ 'main.ts': `import x from 'elsewhere';\nx();\n` })).toThrow(/cannot be bundled/);
    const circle = { 'main.ts': `import { b } from './b.ts';\nexport const a = 1;\nb;\n` };
    expect(() =>
      bundle({ ...circle, 'b.ts': `import { a } from './main.ts';\nexport const b = a;\n` }),
    ).toThrow(/imports itself/);
  });

  it('makes a script of the page that parses, asks for nothing, and writes no HTML', () => {
    const warnings = vi.spyOn(process, 'emitWarning');
    const script = bundleModules(new URL('../../../src/report/html/client/page.ts', import.meta.url));
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(
      /innerHTML|insertAdjacentHTML|document\.write|\beval\b|\bimport\b|fetch\(|XMLHttp/,
    );
    expect(warnings).not.toHaveBeenCalled();
    warnings.mockRestore();
  });
});
