/** The proxy agents that people install, each behind one shape. */
import http from 'node:http';
import https from 'node:https';
import axios from 'axios';
import got, { type Got } from 'got';
import hpagent from 'hpagent';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import tunnel, { type TunnelAgent } from 'tunnel';
import { ProxyAgent, request as undiciRequest } from 'undici';

export interface ClientAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface ClientRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: Buffer;
}

export interface NpmClient {
  /** Rejects where the client takes a refused CONNECT for an error; its message then holds the status. */
  request(url: string, request?: ClientRequest): Promise<ClientAnswer>;
  /** Ends the connections that it keeps. */
  close(): void | Promise<void>;
}

export interface ClientOptions {
  readonly proxyUrl: string;
  /** PEM that the client trusts, for HTTPS. */
  readonly ca: string;
}

export interface NpmClientKind {
  open(options: ClientOptions): NpmClient;
  /** How it asks for `http:` URLs; `https:` always goes through CONNECT. */
  readonly plain: 'absolute form' | 'CONNECT';
  /** It keeps connections to the proxy for further requests. */
  readonly keepsAlive: boolean;
}

/** One connection after another is used again, so that keep-alive can be counted. */
const KEEP = { keepAlive: true, maxSockets: 4, maxFreeSockets: 4 } as const;

type Agents = { http: http.Agent; https: http.Agent };

/** With `node:http` and `node:https`, as the packages' manuals show it. */
function withAgents(open: (options: ClientOptions) => Agents): (options: ClientOptions) => NpmClient {
  return (options) => {
    const agents = open(options);
    return {
      request: (url, { method = 'GET', body } = {}) =>
        new Promise((resolve, reject) => {
          const isTls = url.startsWith('https:');
          const send = isTls ? https.request : http.request;
          const agent = isTls ? agents.https : agents.http;
          const headers = body === undefined ? {} : { 'content-length': body.length };
          send(url, { method, agent, headers, ca: options.ca } as https.RequestOptions, (response) => {
            collect(response).then(
              (bytes) => resolve({ status: response.statusCode ?? 0, body: bytes }),
              reject,
            );
          })
            .on('error', reject)
            .end(body);
        }),
      close() {
        agents.http.destroy();
        agents.https.destroy();
      },
    };
  };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function httpsProxyAgents({ proxyUrl, ca }: ClientOptions): Agents {
  const tls = new HttpsProxyAgent(proxyUrl, KEEP);
  // Its constructor's options are for the connection to the proxy; these are for what goes through the tunnel.
  Object.assign(tls.options, { ca });
  return { http: new HttpProxyAgent(proxyUrl, KEEP), https: tls };
}

const hpagents = ({ proxyUrl, ca }: ClientOptions): Agents => ({
  http: new hpagent.HttpProxyAgent({ ...KEEP, proxy: proxyUrl }),
  https: new hpagent.HttpsProxyAgent({ ...KEEP, proxy: proxyUrl, ca }),
});

function tunnelAgents({ proxyUrl, ca }: ClientOptions): Agents {
  const { hostname, port } = new URL(proxyUrl);
  const proxy = { host: hostname, port: Number(port) };
  return {
    http: closable(tunnel.httpOverHttp({ proxy, maxSockets: 4 })),
    https: closable(tunnel.httpsOverHttp({ proxy, maxSockets: 4, ca: [Buffer.from(ca)] })),
  };
}

/** tunnel's agents have nothing that ends what they keep. */
function closable(agent: TunnelAgent): http.Agent {
  return Object.assign(agent, {
    destroy() {
      for (const socket of [...agent.sockets]) socket.destroy();
    },
  }) as unknown as http.Agent;
}

function openGot(options: ClientOptions): NpmClient {
  const agents = hpagents(options);
  const client: Got = got.extend({
    agent: { http: agents.http, https: agents.https as https.Agent },
    https: { certificateAuthority: options.ca },
    throwHttpErrors: false,
    retry: { limit: 0 },
    responseType: 'buffer',
  });
  return {
    async request(url, { method = 'GET', body } = {}) {
      const answer = await client(url, { method, ...(body === undefined ? {} : { body }) });
      return { status: answer.statusCode, body: Buffer.from(answer.body as unknown as Uint8Array) };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** axios with its own `proxy` option. */
function openAxios({ proxyUrl, ca }: ClientOptions): NpmClient {
  const { hostname, port } = new URL(proxyUrl);
  const httpAgent = new http.Agent(KEEP);
  const httpsAgent = new https.Agent({ ...KEEP, ca });
  const client = axios.create({
    proxy: { protocol: 'http', host: hostname, port: Number(port) },
    httpAgent,
    httpsAgent,
    responseType: 'arraybuffer',
    validateStatus: () => true,
    maxBodyLength: Number.POSITIVE_INFINITY,
  });
  return {
    async request(url, { method = 'GET', body } = {}) {
      const answer = await client.request<Buffer>({ url, method, data: body });
      return { status: answer.status, body: Buffer.from(answer.data) };
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** axios with agents of its own and its `proxy` option off, as its users do for HTTPS. */
function openAxiosWithAgents(options: ClientOptions): NpmClient {
  const agents = httpsProxyAgents(options);
  const client = axios.create({
    proxy: false,
    httpAgent: agents.http,
    httpsAgent: agents.https,
    responseType: 'arraybuffer',
    validateStatus: () => true,
    maxBodyLength: Number.POSITIVE_INFINITY,
  });
  return {
    async request(url, { method = 'GET', body } = {}) {
      const answer = await client.request<Buffer>({ url, method, data: body });
      return { status: answer.status, body: Buffer.from(answer.data) };
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function undiciWith(proxyTunnel: boolean): (options: ClientOptions) => NpmClient {
  return ({ proxyUrl, ca }) => {
    const dispatcher = new ProxyAgent({ uri: proxyUrl, requestTls: { ca }, proxyTunnel, connections: 4 });
    return {
      async request(url, { method = 'GET', body } = {}) {
        const answer = await undiciRequest(url, {
          dispatcher,
          method,
          ...(body === undefined ? {} : { body }),
        });
        return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
      },
      close: () => dispatcher.close(),
    };
  };
}

export const NPM_CLIENTS: Readonly<Record<string, NpmClientKind>> = {
  'http-proxy-agent and https-proxy-agent': {
    open: withAgents(httpsProxyAgents),
    plain: 'absolute form',
    keepsAlive: true,
  },
  hpagent: { open: withAgents(hpagents), plain: 'CONNECT', keepsAlive: true },
  tunnel: { open: withAgents(tunnelAgents), plain: 'CONNECT', keepsAlive: true },
  'got with hpagent': { open: openGot, plain: 'CONNECT', keepsAlive: true },
  'axios, its own proxy option': { open: openAxios, plain: 'absolute form', keepsAlive: true },
  'axios with https-proxy-agent': { open: openAxiosWithAgents, plain: 'absolute form', keepsAlive: true },
  'undici ProxyAgent, tunnelling all': { open: undiciWith(true), plain: 'CONNECT', keepsAlive: true },
  'undici ProxyAgent, tunnelling HTTPS': {
    open: undiciWith(false),
    plain: 'absolute form',
    keepsAlive: true,
  },
};
