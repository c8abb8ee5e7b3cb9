#!/usr/bin/env node
// Starts the sources in a checkout (Node strips the types) and the built files in the published package.
import { existsSync } from 'node:fs';
import module from 'node:module'; // whole: an old Node has no enableCompileCache to name

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `bpbench needs Node 22.19 or newer, this is ${process.versions.node}\n` +
      '  try: npx bpbench (in a checkout, npm ci brings the right Node), or install a newer Node\n',
  );
  process.exit(2);
}
// Halves the time of every start; in the system's temporary folder, unless NODE_COMPILE_CACHE names another.
module.enableCompileCache();
const source = new URL('../src/cli/main.ts', import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
);
await main(process.argv);
