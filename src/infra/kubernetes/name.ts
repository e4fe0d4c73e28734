import { nameHash } from '../../lib/hash.ts';

/** What a Service's name may be (RFC 1035): the strictest of the kinds that are made for a Gateway. */
const label = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;

// Room for what is put behind a name: one Service for each address, and the pods of a Deployment.
const nameLength = 46;

function bounded(text: string, length: number, isValid: (text: string) => boolean): string {
  if (text.length <= length && isValid(text)) return text;
  const readable = text.replaceAll(/[^a-z0-9-]/g, '-').replace(/^(?![a-z])/, 'g');
  return `${readable.slice(0, length - 9)}-${nameHash(text)}`;
}

/** The name of all that is made for a Gateway; Gateways can have names of 253 characters with dots in them. */
export function objectName(gateway: string, className: string): string {
  return bounded(`${gateway}-${className}`, nameLength, (text) => label.test(text));
}

/** The name of the Service for one of the addresses that a Gateway asks for. */
export function addressServiceName(name: string, address: string): string {
  return `${name}-${nameHash(address)}`;
}

/** A name as the value of a label, which holds 63 characters. */
export function labelValue(name: string): string {
  return bounded(name, 63, () => true);
}
