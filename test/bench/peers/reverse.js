/** `node reverse.js PACKAGE ORIGIN_URL`: one reverse proxy of npm in front of the origin. */
import http from 'node:http';
import { announce, listen } from './serve.js';

const [name, target] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

/** @type {Record<string, () => Promise<void>>} */
const PROXIES = {
  async 'http-proxy'() {
    const { default: httpProxy } = await import('http-proxy');
    const proxy = httpProxy.createProxyServer({ target, agent });
    proxy.on('error', fail);
    listen(http.createServer((request, response) => proxy.web(request, response)));
  },
  async 'http-proxy-3'() {
    const { createProxyServer } = await import('http-proxy-3');
    const proxy = createProxyServer({ target, agent });
    proxy.on('error', fail);
    listen(http.createServer((request, response) => proxy.web(request, response)));
  },
  async httpxy() {
    const { createProxyServer } = await import('httpxy');
    const proxy = createProxyServer({ target, agent });
    listen(http.createServer((request, response) => proxy.web(request, response).catch(fail)));
  },
  async 'http-proxy-middleware'() {
    const { createProxyMiddleware } = await import('http-proxy-middleware');
    const proxy = createProxyMiddleware({ target, agent });
    listen(http.createServer((request, response) => proxy(request, response, fail)));
  },
  async '@fastify/http-proxy'() {
    const [{ default: fastify }, { default: httpProxy }] = await Promise.all([
      import('fastify'),
      import('@fastify/http-proxy'),
    ]);
    const app = fastify();
    app.register(httpProxy, { upstream: target, undici: { connections: 64, pipelining: 1 } });
    await app.listen({ host: '127.0.0.1', port: 0, backlog: 1024 });
    announce(app.server.address().port);
  },
  async 'fast-proxy'() {
    const { default: fastProxy } = await import('fast-proxy');
    const { proxy } = fastProxy({ base: target, undici: { connections: 64, pipelining: 1 } });
    listen(http.createServer((request, response) => proxy(request, response, request.url, {})));
  },
  /** No package: what one writes by hand. */
  async 'node:http pipe'() {
    const { hostname, port } = new URL(target);
    listen(
      http.createServer((request, response) => {
        const { method, url: path, headers } = request;
        const upstream = http.request({ hostname, port, method, path, headers, agent }, (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        });
        upstream.on('error', fail);
        request.pipe(upstream);
      }),
    );
  },
};

/** A proxy that fails ends its measurement: numbers of errors are no numbers. @param {Error} error */
function fail(error) {
  process.stderr.write(`${name}: ${error?.stack ?? error}\n`);
  process.exit(1);
}

await PROXIES[name]();
