/**
 * A program that knows of no proxy: `by-environment.ts NAME PLAIN_URL SECURE_URL` posts 1 MiB to `/seen` of both
 * and prints what they saw. Its environment says where the proxy is, and NAME what looks there.
 */
import http from 'node:http';
import https from 'node:https';

const [name, ...urls] = process.argv.slice(2);
if (name === 'global-agent') (await import('global-agent')).bootstrap();

const answers = await Promise.all(
  urls.map(
    (url) =>
      new Promise<unknown>((resolve, reject) => {
        const send = url.startsWith('https:') ? https.request : http.request;
        send(`${url}/seen`, { method: 'POST' }, (response) => {
          let text = '';
          response
            .setEncoding('utf8')
            .on('data', (piece) => {
              text += piece;
            })
            .on('end', () => resolve(JSON.parse(text)))
            .on('error', reject);
        })
          .on('error', reject)
          .end(Buffer.alloc(1024 * 1024));
      }),
  ),
);
process.stdout.write(JSON.stringify(answers));
