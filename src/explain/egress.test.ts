import { describe, expect, it } from 'vitest';
import { parseObjects, viewOf } from '../../test/fixture/view.ts';
import { createMemo } from '../lib/memo.ts';
import { translateEgressDirection } from '../translate/egress/direction.ts';
import { defaultEgressOptions } from '../translate/egress/options.ts';
import { standaloneOptions } from '../translate/options.ts';
import type { TranslationSources } from '../translate/sources.ts';
import { decideEgress, type EgressCall } from './egress.ts';
import { nothingTranslated } from '../translate/sources.ts';

const objects = `
kind: Gateway
metadata: {name: out, namespace: default}
spec:
  gatewayClassName: sallyport-egress
  listeners:
  - {name: http, port: 3128, protocol: HTTP}
  - {name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}
---
kind: Pod
metadata: {name: checkout-1, namespace: default, labels: {app: checkout}}
spec: {serviceAccountName: payments, containers: []}
status: {podIP: 10.0.0.1}
---
kind: Pod
metadata: {name: other-1, namespace: default}
spec: {containers: []}
status: {podIP: 10.0.0.2}
---
kind: Egress
metadata: {name: checkout, namespace: default}
spec:
  from: {podSelector: {matchLabels: {app: checkout}}}
  rules:
  - name: plain
    to: [{hosts: [api.example], ports: [{port: 80, protocol: HTTP}]}]
    http: [{methods: [GET], path: {value: /v1}}]
  - name: originate
    to: [{hosts: [api.example], ports: [{port: 443, protocol: HTTPS}]}]
    tls: {mode: Originate}
  - name: pass
    to: [{hosts: ["*.example"], ports: [{port: 443, protocol: HTTPS}]}]
  - name: no-admin
    action: Deny
    to: [{hosts: ["*.example"], ports: [{port: 80, protocol: HTTP}, {port: 443, protocol: HTTPS}]}]
    http: [{path: {value: /admin}}]
    tls: {mode: Originate}
  - name: bad
    action: Deny
    to: [{hosts: [bad.example], ports: [{port: 443, protocol: TLS}]}]
  - name: database
    to: [{hosts: [db.example], cidrs: [10.1.0.0/16, 203.0.113.0/24], ports: [{port: 5432, protocol: TCP}]}]
  - name: not-that
    action: Deny
    to: [{cidrs: [10.1.2.0/24], ports: [{port: 5432, protocol: TCP}]}]
`;

const sources = { ...viewOf(parseObjects(objects)), ...nothingTranslated };
const direction = translateEgressDirection(
  createMemo<TranslationSources>(),
  sources,
  standaloneOptions,
  defaultEgressOptions,
);
const [gateway] = direction.gateways;

function decide(kind: 'ForwardProxy' | 'ServerName', call: Partial<EgressCall> & Pick<EgressCall, 'form' | 'host'>) {
  const listener = gateway?.listeners.find((entry) => entry.kind === kind);
  if (listener === undefined) throw new Error('no listener');
  return decideEgress(listener, { caller: { address: '10.0.0.1' }, ...call });
}

const request = (host: string, path: string, rest: Partial<EgressCall> = {}) =>
  decide('ForwardProxy', { form: 'Request', host, path, ...rest });
const tunnel = (host: string, port: number, rest: Partial<EgressCall> = {}) =>
  decide('ForwardProxy', { form: 'Tunnel', host, port, ...rest });
const serverName = (host: string, rest: Partial<EgressCall> = {}) =>
  decide('ServerName', { form: 'ServerName', host, ...rest });

describe('a request', () => {
  it('without a port meets port 80 first, and port 443 where TLS is originated', () => {
    expect(request('api.example', '/v1/x')).toMatchObject({ allowed: true, rule: 'default/checkout/plain' });
    expect(request('api.example', '/v2')).toMatchObject({ allowed: true, rule: 'default/checkout/originate' });
    expect(request('api.example', '/v2', { port: 80 })).toMatchObject({ allowed: false, reason: 'NoRule' });
    expect(request('api.example', '/v1', { port: 443 })).toMatchObject({
      allowed: true,
      rule: 'default/checkout/originate',
    });
    expect(request('api.example', '/v1', { scheme: 'https' })).toMatchObject({
      allowed: true,
      rule: 'default/checkout/originate',
    });
  });

  it('is denied by a rule for a wildcard, whatever allows it', () => {
    expect(request('api.example', '/admin/x')).toMatchObject({
      allowed: false,
      reason: 'Refused',
      rule: 'default/checkout/no-admin',
    });
    expect(request('api.example', '/administration')).toMatchObject({ allowed: true });
  });

  it('names what each rule wants that is not so', () => {
    const decision = request('api.example', '/v1', { port: 80, method: 'PUT' });
    expect(decision).toMatchObject({
      allowed: false,
      reason: 'NoRule',
      misses: [
        { rule: 'default/checkout/no-admin', part: 'Path' },
        { rule: 'default/checkout/plain', part: 'Method' },
      ],
    });
    expect(request('api.example', '/v1', { caller: { address: '10.0.0.2' } })).toMatchObject({
      allowed: false,
      caller: { pod: 'default/other-1' },
    });
    expect(request('else.where', '/')).toMatchObject({
      allowed: false,
      reason: 'NoTarget',
      why: 'no rule of the Egress objects that select the caller allows GET http://else.where/',
    });
  });
});

describe('a tunnel', () => {
  it('is denied to a host that some requests are denied to', () => {
    expect(tunnel('x.example', 443)).toMatchObject({ allowed: false, rule: 'default/checkout/no-admin' });
  });

  it('reaches addresses of a range, but for what a Deny rule names', () => {
    expect(tunnel('203.0.113.9', 5432)).toMatchObject({ allowed: true, rule: 'default/checkout/database' });
    expect(tunnel('10.1.3.4', 5432)).toMatchObject({ allowed: true });
    expect(tunnel('10.1.2.4', 5432)).toMatchObject({ allowed: false, rule: 'default/checkout/not-that' });
    expect(tunnel('10.2.0.1', 5432)).toMatchObject({ allowed: false, reason: 'NoTarget' });
  });

  it('is guarded by what the name resolves to', () => {
    expect(tunnel('db.example', 5432, { resolved: ['10.1.0.5'] })).toMatchObject({ allowed: true });
    expect(tunnel('db.example', 5432, { resolved: ['10.2.0.5'] })).toMatchObject({ allowed: false, reason: 'Guarded' });
    expect(tunnel('db.example', 5432, { resolved: ['10.1.2.5'] })).toMatchObject({ allowed: false, reason: 'Guarded' });
    expect(tunnel('db.example', 5432, { resolved: ['169.254.169.254', '198.51.100.1'] })).toMatchObject({
      allowed: true,
    });
  });
});

describe('a server name', () => {
  it('follows the same rules on the port of the listener', () => {
    expect(serverName('bad.example')).toMatchObject({ allowed: false, reason: 'Refused' });
    // The rule no-admin can't be kept where requests can't be read.
    expect(serverName('x.example')).toMatchObject({ allowed: false, rule: 'default/checkout/no-admin' });
    expect(serverName('db.example')).toMatchObject({ allowed: false });
    expect(serverName('else.where')).toMatchObject({ allowed: false, reason: 'NoTarget' });
  });
});
