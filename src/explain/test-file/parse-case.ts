import type { Position } from '../../snapshot/diagnostic.ts';
import type { EgressCall } from '../egress.ts';
import type { OutcomeKind } from '../explanation.ts';
import { parseRequest, type HttpRequest } from '../request.ts';
import type { FieldReader } from './field-reader.ts';
import type { ExpectedAnswer, ExpectedBackend, ExpectedEgress, TestCase } from './test-case.ts';

export const caseFields = ['name', 'gateway', 'request', 'egress', 'expect'];

const requestFields = ['method', 'url', 'headers', 'sni', 'clientCertificate'];
const egressFields = ['from', 'method', 'url', 'connect', 'serverName', 'resolved'];
const answerFields = [
  'outcome',
  'status',
  'location',
  'route',
  'rule',
  'gateway',
  'listener',
  'backend',
  'backends',
  'path',
  'host',
  'requestHeaders',
  'responseHeaders',
  'mirrors',
];
const decisionFields = ['allowed', 'rule', 'reason'];
const outcomes: readonly OutcomeKind[] = [
  'Forward',
  'Redirect',
  'DirectResponse',
  'Preflight',
  'NoRoute',
  'Misdirected',
  'Stream',
  'TlsRefused',
  'NoListener',
];

/** Leaves out what is undefined, as absent fields are. */
function defined<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  // Only members of T are left, each with its own type.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function readRequest(fields: FieldReader): HttpRequest | undefined {
  fields.required('url');
  const url = fields.string('url');
  if (url === undefined) return undefined;
  const headers = fields.values('headers') ?? {};
  const sni = fields.string('sni');
  const clientCertificate = fields.oneOf('clientCertificate', ['None', 'Trusted', 'Untrusted']);
  const request = parseRequest(fields.string('method') ?? 'GET', url, {
    headers: Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`])),
    ...(sni !== undefined && { sni }),
    ...(clientCertificate !== undefined && { clientCertificate }),
  });
  if (request.ok) return request.value;
  fields.report('url', `${request.error}.`);
  return undefined;
}

function readBackends(fields: FieldReader): readonly ExpectedBackend[] | undefined {
  const one = fields.string('backend');
  if (one !== undefined) return [{ name: one }];
  return fields.objects('backends', ['name', 'weight'])?.flatMap((entry) => {
    entry.required('name');
    const name = entry.string('name');
    const weight = entry.integer('weight');
    return name === undefined ? [] : [{ name, ...(weight !== undefined && { weight }) }];
  });
}

function lowerNames<T>(values: Readonly<Record<string, T>> | undefined): Readonly<Record<string, T>> | undefined {
  if (values === undefined) return undefined;
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
}

function readAnswer(fields: FieldReader): ExpectedAnswer {
  return defined<ExpectedAnswer>({
    outcome: fields.oneOf('outcome', outcomes),
    status: fields.integer('status'),
    location: fields.string('location'),
    route: fields.string('route'),
    rule: fields.text('rule'),
    gateway: fields.string('gateway'),
    listener: fields.string('listener'),
    backends: readBackends(fields),
    path: fields.string('path'),
    host: fields.string('host'),
    requestHeaders: lowerNames(fields.values('requestHeaders')),
    responseHeaders: lowerNames(fields.values('responseHeaders')),
    mirrors: fields.strings('mirrors'),
  });
}

/** Splits `host:port`; an IPv6 address stands in brackets. */
function readAuthority(fields: FieldReader, name: string, text: string): { host: string; port?: number } | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined) fields.report(name, `"${text}" is not a host with a port.`);
  return host === undefined ? undefined : { host, ...(parts?.[3] !== undefined && { port: Number(parts[3]) }) };
}

type Call = Omit<EgressCall, 'caller'>;

function readUrlCall(fields: FieldReader, url: string): Call | undefined {
  const method = fields.string('method') ?? 'GET';
  const request = parseRequest(method, url);
  if (!request.ok) {
    fields.report('url', `${request.error}.`);
    return undefined;
  }
  const { scheme, authority, path } = request.value;
  const address = readAuthority(fields, 'url', authority);
  return address === undefined
    ? undefined
    : { form: 'Request', scheme, method: request.value.method, path, ...address };
}

function readCall(fields: FieldReader): Call | undefined {
  const given = ['url', 'connect', 'serverName'].filter((name) => fields.has(name));
  if (given.length !== 1) {
    fields.report('url', 'A call has either url, or connect (host:port of a tunnel), or serverName (of TLS).');
    return undefined;
  }
  const resolved = fields.strings('resolved');
  const rest = resolved === undefined ? {} : { resolved };
  const url = fields.string('url');
  if (url !== undefined) {
    const call = readUrlCall(fields, url);
    return call === undefined ? undefined : { ...call, ...rest };
  }
  const name = fields.has('connect') ? 'connect' : 'serverName';
  const text = fields.string(name);
  const address = text === undefined ? undefined : readAuthority(fields, name, text);
  if (address === undefined) return undefined;
  return { form: name === 'connect' ? 'Tunnel' : 'ServerName', ...address, ...rest };
}

function readDecision(fields: FieldReader): ExpectedEgress {
  return defined<ExpectedEgress>({
    allowed: fields.boolean('allowed'),
    rule: fields.string('rule'),
    reason: fields.oneOf('reason', ['NoTarget', 'NoRule', 'Refused', 'Guarded']),
  });
}

/** Reads one case; undefined where it can't be run, which is then reported. */
export function readCase(fields: FieldReader, position: Position): TestCase | undefined {
  fields.required('name');
  fields.required('expect');
  const gateway = fields.string('gateway');
  const name = fields.string('name') ?? '';
  const base = { name, position, ...(gateway !== undefined && { gateway }) };
  if (fields.has('request') === fields.has('egress')) {
    fields.report('', 'A case has either request (what comes in) or egress (what goes out).');
    return undefined;
  }
  if (fields.has('request')) {
    const request = fields.object('request', requestFields);
    const parsed = request === undefined ? undefined : readRequest(request);
    const expected = fields.object('expect', answerFields);
    if (parsed === undefined || expected === undefined) return undefined;
    return { kind: 'Request', ...base, request: parsed, expect: readAnswer(expected) };
  }
  const egress = fields.object('egress', egressFields);
  const call = egress === undefined ? undefined : readCall(egress);
  egress?.required('from');
  const from = egress?.string('from');
  const expected = fields.object('expect', decisionFields);
  if (call === undefined || from === undefined || expected === undefined) return undefined;
  return { kind: 'Egress', ...base, from, call, expect: readDecision(expected) };
}
