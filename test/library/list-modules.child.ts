/** Prints, as JSON, every module that `import 'bpbench/channel'` loads. */
import { registerHooks } from 'node:module';

const urls: string[] = [];
registerHooks({
  load(url, context, nextLoad) {
    urls.push(url);
    return nextLoad(url, context);
  },
});
const names = Object.keys(await import('../../src/channel.ts'));
process.stdout.write(JSON.stringify({ urls, names }));
