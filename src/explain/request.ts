import { isIP } from 'node:net';
import type { HeaderValue } from '../ir/filter.ts';
import { err, ok, type Result } from '../lib/result.ts';

/** What a client shows when the listener asks for its certificate. */
export type ClientCertificate = 'None' | 'Trusted' | 'Untrusted';

/** A request as it leaves the client. */
export interface HttpRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The port that the client connects to. */
  readonly port: number;
  /** The server name of the TLS handshake, lower case; absent without TLS, and for addresses. */
  readonly sni?: string;
  /** The Host header, as the client sends it. */
  readonly authority: string;
  /** Without query, as the client sends it. */
  readonly path: string;
  /** Without the question mark; absent where the URL has none. */
  readonly query?: string;
  /** Names in lower case; without Host. */
  readonly headers: readonly HeaderValue[];
  readonly clientCertificate: ClientCertificate;
}

export interface RequestOptions {
  /** Each as `name: value`. */
  readonly headers?: readonly string[];
  readonly sni?: string;
  readonly clientCertificate?: ClientCertificate;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const urlParts = /^(https?):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i;
const authorityParts = /^(\[[0-9a-fA-F:.]+\]|[^:@[\]]+)(?::(\d{1,5}))?$/;

/** The host of a Host header: lower case, without port. */
export function hostOf(authority: string): string {
  const port = /:\d+$/.exec(authority);
  const host = port === null ? authority : authority.slice(0, port.index);
  return host.toLowerCase();
}

/** Reads one `name: value`. */
export function parseHeader(text: string): Result<HeaderValue, string> {
  const colon = text.indexOf(':', text.startsWith(':') ? 1 : 0);
  const name = colon === -1 ? '' : text.slice(0, colon).trim().toLowerCase();
  if (!token.test(name)) return err(`a header is written as "name: value", not as "${text}"`);
  return ok({ name, value: text.slice(colon + 1).trim() });
}

function parsePort(text: string | undefined, scheme: 'http' | 'https'): Result<number, string> {
  if (text === undefined) return ok(scheme === 'https' ? 443 : 80);
  const port = Number(text);
  return port >= 1 && port <= 65535 ? ok(port) : err(`port ${text} is not between 1 and 65535`);
}

interface Address {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly authority: string;
  readonly port: number;
  readonly path: string;
  readonly query: string | undefined;
}

function parseUrl(url: string): Result<Address, string> {
  const parts = urlParts.exec(url);
  if (parts === null) return err(`"${url}" is not a URL; write it as https://host/path`);
  const scheme = parts[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const authority = parts[2] ?? '';
  const host = authorityParts.exec(authority);
  if (host === null) return err(`"${authority}" is not a host, with or without a port`);
  const port = parsePort(host[2], scheme);
  if (!port.ok) return port;
  const path = parts[3] === undefined || parts[3] === '' ? '/' : parts[3];
  return ok({ scheme, host: host[1] ?? '', authority, port: port.value, path, query: parts[4] });
}

/** Reads a request as people write it. The path is kept as it is: what the proxy makes of it is the engine's affair. */
export function parseRequest(method: string, url: string, options: RequestOptions = {}): Result<HttpRequest, string> {
  if (!token.test(method)) return err(`"${method}" is not a method; the order is METHOD URL`);
  const address = parseUrl(url);
  if (!address.ok) return address;
  const { scheme, host, port, path, query } = address.value;
  const headers: HeaderValue[] = [];
  let authority = address.value.authority;
  for (const text of options.headers ?? []) {
    const header = parseHeader(text);
    if (!header.ok) return header;
    if (header.value.name === 'host') authority = header.value.value;
    else headers.push(header.value);
  }
  const named = options.sni ?? (isIP(host.replaceAll(/[[\]]/g, '')) === 0 ? host : undefined);
  return ok({
    method: method.toUpperCase(),
    scheme,
    port,
    authority,
    path,
    headers,
    clientCertificate: options.clientCertificate ?? 'None',
    ...(query !== undefined && { query }),
    ...(scheme === 'https' && named !== undefined && named !== '' && { sni: named.toLowerCase().replace(/\.$/, '') }),
  });
}
