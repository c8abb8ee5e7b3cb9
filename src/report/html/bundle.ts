/**
 * The page's script from its modules: each becomes a function that is called once, in the order of their imports. Made when
 * a page is rendered, so that a checkout needs no build step: Node strips the types there, the package holds JavaScript.
 *
 * Understands what this project writes: named imports of relative modules, `export` before `function`, `const` or `class`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../../core/errors.ts';

const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*['"](\.[^'"]+)['"];?/gm;
const EXPORT = /^export (?=(?:async )?(?:function|const|class) (\w+))/gm;
const UNKNOWN = /^(?:import|export)\b.*/m;

interface Module {
  readonly name: string;
  readonly code: string;
}

/** `entry`: URL of a `.ts` module, beside which there may be a `.js` instead. Runs when loaded; touches no global name. */
export function bundleModules(entry: URL): string {
  const modules = new Map<string, Module>();
  addModule(entry, modules, []);
  return `(() => {\n'use strict';\n${[...modules.values()].map(({ code }) => code).join('\n')}\n})();\n`;
}

/** Adds what `url` imports, then itself; answers its name. */
function addModule(url: URL, modules: Map<string, Module>, importers: readonly string[]): string {
  const key = url.href.replace(/\.[jt]s$/, '');
  const known = modules.get(key);
  if (known !== undefined) return known.name;
  if (importers.includes(key)) throw fail(`${key} imports itself by way of ${importers.at(-1)}`);
  const exported: string[] = [];
  const code = readModule(url)
    .replace(IMPORT, (_, names: string, specifier: string) => {
      const wanted = names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => name.replace(/\s+as\s+/, ': '));
      // What is imported for its types alone is gone by now.
      if (wanted.length === 0) return '';
      const from = addModule(new URL(specifier, url), modules, [...importers, key]);
      return `const { ${wanted.join(', ')} } = ${from};`;
    })
    .replace(EXPORT, (_, name: string) => {
      exported.push(name);
      return '';
    });
  const unknown = UNKNOWN.exec(code);
  if (unknown !== null) throw fail(`${url.pathname} cannot be bundled: ${unknown[0]}`);
  const name = `module${modules.size}`;
  const body = dropComments(code);
  modules.set(key, {
    name,
    code: `const ${name} = (() => {\n${body}return { ${exported.join(', ')} };\n})();`,
  });
  return name;
}

function readModule(url: URL): string {
  const source = new URL(url.href.replace(/\.[jt]s$/, '.ts'));
  if (existsSync(source)) return stripQuietly(readFileSync(source, 'utf8'));
  return readFileSync(fileURLToPath(url.href.replace(/\.[jt]s$/, '.js')), 'utf8');
}

/** Node says once per process that this function may change; readers of a report need not hear it. */
function stripQuietly(code: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Lines that are only a comment or blank: half of a source, and nothing to a browser. */
function dropComments(code: string): string {
  return code
    .replace(/^\s*\/\*\*?[\s\S]*?\*\/\s*$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
    .replace(/^\n/, '');
}

function fail(message: string): BenchError {
  return new BenchError('BPB_ERR_INTERNAL', `the page's script: ${message}`);
}
