/** Builds the published package: JavaScript and declarations from `src` into `dist`. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
const compile = (...options: string[]): void => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options], {
    cwd: root,
    stdio: 'inherit',
  });
};
compile('-p', 'tsconfig.build.json');
// What runs in the page of a report is checked against a browser's globals, and read as text when a page is written.
const forBrowsers = [
  '--noEmit',
  'false',
  '--rewriteRelativeImportExtensions',
  '--outDir',
  'dist',
  '--rootDir',
  'src',
];
compile('-p', 'src/report/html/client', ...forBrowsers);
cpSync(
  new URL('../src/report/html/style', import.meta.url),
  new URL('../dist/report/html/style', import.meta.url),
  {
    recursive: true,
  },
);
