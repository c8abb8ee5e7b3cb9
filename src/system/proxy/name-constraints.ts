/** The X.509 extension that makes a CA worthless outside of some names (RFC 5280 §4.2.1.10). */
import { isIPv4, isIPv6 } from 'node:net';

export const NAME_CONSTRAINTS_OID = '2.5.29.30';

/** DER tags: a sequence, the subtrees that are permitted, and two kinds of names in them. */
const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** DER value that permits loopback and `hosts` alone; a DNS name permits what is below it as well. */
export function permitOnly(hosts: readonly string[]): Buffer {
  const names = ['localhost', 'test', ...hosts.filter((host) => !isIPv4(host) && !isIPv6(host))];
  const addresses = [
    Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]),
    ...['::1', ...hosts.filter((host) => isIPv4(host) || isIPv6(host))].map(exactly),
  ];
  const subtrees = [
    ...names.map((name) => der(SEQUENCE, der(DNS_NAME, Buffer.from(name, 'ascii')))),
    ...addresses.map((address) => der(SEQUENCE, der(IP_ADDRESS, address))),
  ];
  return der(SEQUENCE, der(PERMITTED, Buffer.concat(subtrees)));
}

/** An address and a mask of ones. */
function exactly(address: string): Buffer {
  const bytes = addressBytes(address);
  return Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]);
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
}
