import { lookup as resolveName } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';

/** A webhook's host is not one that may be delivered to. */
export class AddressRefusedError extends Error {}

/**
 * Keeps deliveries from reaching what only we can reach (server-side request forgery): this machine, private
 * networks, link-local addresses with their metadata services. What is checked is the address that is
 * connected to, each time, not the name: a name can be made to point elsewhere in between.
 */
export interface AddressGuard {
  /** Resolves a name to those of its addresses that are allowed; for `lookup` of a connection. */
  lookup: LookupFunction;
  /**
   * What is wrong with a webhook's address, a sentence; undefined when nothing is. Names are not resolved:
   * that is done when it is connected to.
   */
  faultOf(url: string): string | undefined;
}

/** Ranges that are not public (IANA special-purpose registries), IPv4 inside IPv6 included. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12',
  '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
];
/** Everything but 2000::/3, and of that what leads back into IPv4 or is set aside. */
const SPECIAL_IPV6 = [
  '::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20',
];
/** Apart: a list takes IPv4 addresses for IPv6 ones of ::ffff:0:0/96, and ::/3 has those. */
const SPECIAL = { 4: blockListOf(SPECIAL_IPV4), 6: blockListOf(SPECIAL_IPV6) };
const LOOPBACK = blockListOf(['127.0.0.0/8', '::1/128']);

/**
 * @param privateNetworks CIDRs that are allowed all the same, joined by commas
 * @throws Error with a sentence when one of them cannot be read
 */
export function createAddressGuard(privateNetworks: string): AddressGuard {
  const allowed = blockListOf(privateNetworks.split(',').map((one) => one.trim()).filter(Boolean));
  const isAllowed = (address: string): boolean =>
    has(allowed, address) || !has(isIP(address) === 6 ? SPECIAL[6] : SPECIAL[4], address);

  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const usable = error === null ? addresses.filter(({ address }) => isAllowed(address)) : [];
      const [first] = usable;
      if (error !== null) callback(error, '', 0);
      else if (first === undefined) {
        callback(new AddressRefusedError(`${hostname} has no address that may be delivered to`), '', 0);
      } else if (options.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };

  function faultOf(text: string): string | undefined {
    if (!URL.canParse(text)) return 'it is no URL';
    const url = new URL(text);
    if (url.username !== '' || url.password !== '' || url.hash !== '') {
      return 'it must have no credentials and no fragment';
    }
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isLiteral = isIP(host) !== 0;
    const isLoopback = isLiteral ? has(LOOPBACK, host) : host === 'localhost';
    if (url.protocol === 'http:') {
      if (!isLoopback) return 'it must be https';
    } else if (url.protocol !== 'https:') return 'it must be https';
    const address = isLiteral ? host : '127.0.0.1';
    if ((isLiteral || isLoopback) && !isAllowed(address)) return 'it must be a public address';
    return undefined;
  }

  return { lookup, faultOf };
}

function has(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    const family = isIP(address);
    const bitsMax = family === 6 ? 128 : 32;
    if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > bitsMax) {
      throw new Error(`WEBHOOK_PRIVATE_NETWORKS: "${network}" is no network like 10.0.0.0/8`);
    }
    list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
