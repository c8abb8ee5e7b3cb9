/** Where the proxies may connect to, in every spelling that somebody might try. */
import { describe, expect, it } from 'vitest';
import { DestinationGuard, type DestinationGuardOptions } from '../../../src/system/http/destination.ts';
import { isNeverAllowed, parseAuthority } from '../../../src/system/http/host-check.ts';

function createGuard(
  options: Partial<DestinationGuardOptions> & { names?: Record<string, readonly string[]> } = {},
): { guard: DestinationGuard; looked: string[] } {
  const looked: string[] = [];
  const guard = new DestinationGuard({
    allowHosts: [],
    insecureHosts: [],
    ownPorts: () => new Set([9999]),
    lookup: async (name) => {
      looked.push(name);
      const addresses = options.names?.[name];
      if (addresses === undefined) throw new Error('ENOTFOUND');
      return addresses;
    },
    ...options,
  });
  return { guard, looked };
}

describe('authority', () => {
  it.each([
    ['localhost:443', { host: 'localhost', port: 443 }],
    ['LocalHost:8080', { host: 'localhost', port: 8080 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
    ['xn--bcher-kva.test:443', { host: 'xn--bcher-kva.test', port: 443 }],
  ])('is read: %s', (text, expected) => {
    expect(parseAuthority(text)).toEqual(expected);
  });

  it.each([
    '/etc',
    'a@b:443',
    'a:',
    'a:0',
    'a:00000',
    'a:99999',
    'a:65536',
    'a:+80',
    'a:8 0',
    'a:0x50',
    ':443',
    'http://a/',
    'http://a:80',
    'a:443/',
    'a:443?x',
    'a',
    '',
    '*',
    '[::1]',
    '::1:443',
    '[fe80::1%eth0]:443',
    '[fe80::1%25eth0]:443',
    '[::1:443',
    '[v1.x]:443',
    'a b:443',
    'a:443 ',
    'a%00:443',
    'b\u00fccher.test:443',
    'a\n:443',
    'a:443\n',
  ])('is refused: %j', (text) => {
    expect(parseAuthority(text)).toBeTypeOf('string');
  });
});

describe('guard', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1'])('lets %s pass without asking a resolver', async (host) => {
    const { guard, looked } = createGuard();
    expect(await guard.resolve(host, 8080, false)).toEqual({
      host,
      addresses: [host],
      port: 8080,
      isTls: false,
      isVerified: true,
    });
    expect(looked).toEqual([]);
  });

  it('lets a name pass that is loopback alone, and gives the addresses that it checked', async () => {
    const { guard } = createGuard({ names: { localhost: ['127.0.0.1', '::1'] } });
    const found = await guard.resolve('LOCALHOST', 443, true);
    expect(found).toMatchObject({ host: 'localhost', addresses: ['127.0.0.1', '::1'], isTls: true });
  });

  it.each([
    '169.254.169.254',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::7f00:1',
    '0:0:0:0:0:0:0:1',
    '::0001',
    '0::1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0x7F.0.0.1'.toLowerCase(),
    '017700000001',
    '0177.0.0.1',
    '127.1',
    '127.0.1',
    '127.0.0.01',
    '127.000.000.001',
    '127.0.0.1.',
    '127.0.0.256',
    '1.2.3.4.5',
    'localhost.',
    'a.0x',
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    'fe80::1',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '10.0.0.1',
    '192.168.1.1',
    '8.8.8.8',
    'fd00::1',
    '2606:4700::1111',
    'fe80::1%lo',
    '[::1]',
    'a..b',
    '-a.test',
    'a b',
    'a/b',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(126)}aa`,
    '',
  ])('denies %j and resolves nothing', async (host) => {
    const { guard, looked } = createGuard();
    expect(await guard.resolve(host, 8080, false)).toMatchObject({ status: 403, code: ['P', 'C'] });
    expect(looked).toEqual([]);
  });

  it.each([
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    'fe80::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::',
    '2130706433',
  ])('denies %s although it is allowed by name', async (host) => {
    const { guard } = createGuard({ allowHosts: [host, 'evil.example'], names: { 'evil.example': [host] } });
    expect(await guard.resolve(host, 8080, false)).toMatchObject({ status: 403 });
    expect(await guard.resolve('evil.example', 8080, false)).toMatchObject({ status: 403 });
  });

  it('allows other hosts by exact name or address, and nothing below or beside them', async () => {
    const names = {
      'api.example': ['93.184.216.34', '2606:4700::1111'],
      'sub.api.example': ['93.184.216.34'],
      'other.example': ['192.0.2.7'],
    };
    const { guard } = createGuard({ allowHosts: ['API.example', '192.0.2.7', '[2606:4700::1111]'], names });
    expect(await guard.resolve('api.example', 443, true)).toMatchObject({ addresses: names['api.example'] });
    expect(await guard.resolve('sub.api.example', 443, true)).toMatchObject({ status: 403 });
    expect(await guard.resolve('192.0.2.7', 443, true)).toMatchObject({ addresses: ['192.0.2.7'] });
    expect(await guard.resolve('other.example', 443, true)).toMatchObject({ addresses: ['192.0.2.7'] });
    expect(await guard.resolve('192.0.2.8', 443, true)).toMatchObject({ status: 403 });
    expect(await guard.resolve('2606:4700::1111', 443, true)).toMatchObject({ port: 443 });
  });

  it.each([
    ['mixed', ['127.0.0.1', '10.0.0.1']],
    ['mixed the other way round', ['10.0.0.1', '127.0.0.1']],
    ['with the metadata service behind loopback', ['127.0.0.1', '169.254.169.254']],
    ['mapped', ['127.0.0.1', '::ffff:127.0.0.1']],
    ['with a zone', ['fe80::1%lo']],
    ['no address at all', ['nonsense']],
  ])('denies a name whose addresses are %s', async (_, addresses) => {
    const { guard } = createGuard({ names: { 'rebind.test': addresses } });
    expect(await guard.resolve('rebind.test', 8080, false)).toMatchObject({ status: 403, code: ['P', 'C'] });
  });

  it('asks at each request anew: a name that is rebound is denied from then on', async () => {
    const answers = [['127.0.0.1'], ['10.0.0.1']];
    const { guard } = createGuard({ lookup: async () => answers.shift() ?? [] });
    expect(await guard.resolve('rebind.test', 8080, false)).toMatchObject({ addresses: ['127.0.0.1'] });
    expect(await guard.resolve('rebind.test', 8080, false)).toMatchObject({ status: 403 });
  });

  it.each([22, 25, 79, 81, 442, 1023])(
    'denies port %i, and allows its neighbours that are for proxies',
    async (port) => {
      const { guard } = createGuard({ allowHosts: ['127.0.0.1'] });
      expect(await guard.resolve('127.0.0.1', port, false)).toMatchObject({ status: 403 });
      for (const good of [80, 443, 1024, 65_535]) {
        expect(await guard.resolve('127.0.0.1', good, false)).toMatchObject({ port: good });
      }
    },
  );

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('denies its own port on %s', async (host) => {
    const { guard } = createGuard({ allowHosts: [host], names: { localhost: ['127.0.0.1'] } });
    expect(await guard.resolve(host, 9999, false)).toMatchObject({ status: 403, code: ['P', 'C'] });
  });

  it('says 502 for a name without address, and for one that is not resolved in time', async () => {
    const { guard } = createGuard({ names: { 'empty.test': [] } });
    expect(await guard.resolve('nowhere.test', 80, false)).toMatchObject({ status: 502, code: ['S', 'C'] });
    expect(await guard.resolve('empty.test', 80, false)).toMatchObject({ status: 502, code: ['S', 'C'] });
    const slow = createGuard({ lookup: () => new Promise(() => {}), lookupTimeoutMs: 5 }).guard;
    expect(await slow.resolve('slow.test', 80, false)).toMatchObject({ status: 502, code: ['s', 'C'] });
  });

  it('resolves localhost with the resolver of this host', async () => {
    const guard = new DestinationGuard({ allowHosts: [], insecureHosts: [], ownPorts: () => new Set() });
    expect(await guard.resolve('localhost', 80, false)).toMatchObject({
      addresses: expect.arrayContaining(['127.0.0.1']),
    });
  });

  it('leaves certificates of named hosts unverified, and of no others', async () => {
    const { guard } = createGuard({ insecureHosts: ['127.0.0.1', '[::1]'] });
    expect(await guard.resolve('127.0.0.1', 443, true)).toMatchObject({ isVerified: false });
    expect(await guard.resolve('::1', 443, true)).toMatchObject({ isVerified: false });
    expect(await guard.resolve('127.0.0.2', 443, true)).toMatchObject({ isVerified: true });
  });
});

describe('addresses that are never connected to', () => {
  it.each(['127.0.0.1', '::1', '10.0.0.1', '93.184.216.34', '2606:4700::1111', 'fd00::1', '126.255.255.255'])(
    'are not %s',
    (address) => {
      expect(isNeverAllowed(address)).toBe(false);
    },
  );
});
