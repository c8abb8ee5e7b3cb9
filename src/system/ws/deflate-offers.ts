/**
 * What a client offers of permessage-deflate, without the offers that must be declined (RFC 7692 §7.1): the library
 * refuses the whole handshake for one of them.
 */
const NAME = 'permessage-deflate';
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const OFFER = new RegExp(`^\\s*${TOKEN}(\\s*;\\s*${TOKEN}(\\s*=\\s*(${TOKEN}|"${TOKEN}"))?)*\\s*$`);
/** zlib has no window of 256 bytes for writing, so `server_max_window_bits=8` could not be kept. */
const PARAMETERS: Record<string, RegExp> = {
  server_no_context_takeover: /^$/,
  client_no_context_takeover: /^$/,
  server_max_window_bits: /^=(9|1[0-5])$/,
  client_max_window_bits: /^(=([89]|1[0-5]))?$/,
};

/** The offers of `header` that can be kept; `undefined` for none. What is no list of offers stays as it is. */
export function keepValidOffers(header: string): string | undefined {
  const offers = header.split(',').map((offer) => offer.trim());
  if (!offers.every((offer) => OFFER.test(offer))) return header;
  const valid = offers.filter(isValid);
  return valid.length === 0 ? undefined : valid.join(', ');
}

function isValid(offer: string): boolean {
  const [name, ...parameters] = offer.split(';').map((part) => part.replace(/[\s"]/g, ''));
  const keys = parameters.map((parameter) => parameter.split('=')[0] as string);
  return (
    name === NAME &&
    new Set(keys).size === keys.length &&
    parameters.every((parameter, at) => {
      const key = keys[at] as string;
      return PARAMETERS[key]?.test(parameter.slice(key.length)) ?? false;
    })
  );
}
