/** `node intercepting.js ORIGIN_CA_FILE`: mockttp, which passes on everything and terminates TLS under its own CA. */
import { generateCACertificate, getLocal } from 'mockttp';
import { announce } from './serve.js';

const { key, cert } = await generateCACertificate();
const server = getLocal({ https: { key, cert }, http2: false, recordTraffic: false });
await server.forUnmatchedRequest().thenPassThrough({ additionalTrustedCAs: [{ certPath: process.argv[2] }] });
await server.start();
announce(server.port, { ca: cert });
