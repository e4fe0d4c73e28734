import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../../test/fixture/certificate.ts';
import {
  conditionsOf,
  plainObjects,
  routeYaml,
  translateRouteOf,
  translateRules,
} from '../../../test/fixture/route.ts';
import type { Forward, Route } from '../../ir/route.ts';

const to = 'backendRefs: [{name: a, port: 80}]';

function firstRoute(rules: string): Route {
  const route = translateRules(rules).attachments[0]?.routes[0];
  if (route === undefined) throw new Error('no route');
  return route;
}

function forwardOf(rules: string): Forward {
  const { action } = firstRoute(rules);
  if (action.kind !== 'Forward') throw new Error(`${action.kind}: ${JSON.stringify(action)}`);
  return action;
}

const filtered = (filter: string, rest = to) => `[{filters: [${filter}], ${rest}}]`;

describe('header modifiers', () => {
  it.each(['request', 'response'] as const)('set, add and remove %s headers', (side) => {
    const type = side === 'request' ? 'RequestHeaderModifier' : 'ResponseHeaderModifier';
    const route = firstRoute(
      filtered(
        `{type: ${type}, ${side}HeaderModifier: {set: [{name: X-Set, value: "50%"}, {name: x-set, value: no}], add: [{name: X-Add, value: "a, b"}], remove: [X-Gone]}}`,
      ),
    );
    expect(route[`${side}Headers`]).toEqual({
      set: [{ name: 'x-set', value: '50%' }],
      add: [{ name: 'x-add', value: 'a, b' }],
      remove: ['x-gone'],
    });
  });

  it.each([
    ['two actions for one header', '{set: [{name: a, value: b}], remove: [A]}'],
    ['an added host', '{add: [{name: Host, value: b}]}'],
    ['a host taken away', '{remove: [Host]}'],
    ['a value with a line break', '{set: [{name: a, value: "b\\nc"}]}'],
  ])('refuse %s', (_, modifier) => {
    const translation = translateRules(filtered(`{type: RequestHeaderModifier, requestHeaderModifier: ${modifier}}`));
    expect(conditionsOf(translation)[0]).toBe('Accepted=False UnsupportedValue');
    expect(translation.attachments[0]?.routes[0]?.action).toMatchObject({ kind: 'DirectResponse', statusCode: 500 });
  });
});

describe('the host', () => {
  it('can be set on requests, and not on responses', () => {
    const set = 'set: [{name: Host, value: b.example.com}]';
    const request = firstRoute(filtered(`{type: RequestHeaderModifier, requestHeaderModifier: {${set}}}`));
    expect(request.requestHeaders.set).toEqual([{ name: 'host', value: 'b.example.com' }]);
    const response = translateRules(filtered(`{type: ResponseHeaderModifier, responseHeaderModifier: {${set}}}`));
    expect(conditionsOf(response)[0]).toBe('Accepted=False UnsupportedValue');
  });
});

describe('RequestRedirect', () => {
  const listeners = [
    '{name: http, port: 80, protocol: HTTP}',
    '{name: http8080, port: 8080, protocol: HTTP}',
    '{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}',
    '{name: https8443, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}',
  ];
  const gateway = `kind: Gateway\nmetadata: {name: gw, namespace: default}\nspec: {gatewayClassName: sallyport, listeners: [${listeners.join(', ')}]}`;
  const secret = secretYaml('s', createTestCertificate(['a']));

  function portsOf(redirect: string): readonly (number | undefined)[] {
    const rules = filtered(`{type: RequestRedirect, requestRedirect: ${redirect}}`, 'name: x');
    const { attachments } = translateRouteOf(gateway, secret, routeYaml(rules));
    return ['http', 'http8080', 'https', 'https8443'].map((section) => {
      const action = attachments.find((attachment) => attachment.section === section)?.routes[0]?.action;
      return action?.kind === 'Redirect' ? action.port : -1;
    });
  }

  // HTTPRequestRedirectFilter.port, on listeners HTTP 80, HTTP 8080, HTTPS 443 and HTTPS 8443.
  it.each([
    ['{}', [undefined, 8080, undefined, 8443]],
    ['{hostname: b.example.com}', [undefined, 8080, undefined, 8443]],
    ['{scheme: https}', [undefined, undefined, undefined, undefined]],
    ['{scheme: http}', [undefined, undefined, undefined, undefined]],
    ['{port: 80}', [undefined, undefined, 80, 80]],
    ['{port: 443}', [443, 443, undefined, undefined]],
    ['{port: 8080}', [8080, 8080, 8080, 8080]],
    ['{scheme: http, port: 80}', [undefined, undefined, undefined, undefined]],
    ['{scheme: https, port: 443}', [undefined, undefined, undefined, undefined]],
    ['{scheme: https, port: 80}', [80, 80, 80, 80]],
    ['{scheme: https, port: 8443}', [8443, 8443, 8443, 8443]],
  ])('writes for %s the ports %j', (redirect, ports) => expect(portsOf(redirect)).toEqual(ports));

  it.each([301, 302, 303, 307, 308])('answers %d', (statusCode) => {
    const route = firstRoute(
      filtered(`{type: RequestRedirect, requestRedirect: {statusCode: ${statusCode}}}`, 'name: x'),
    );
    expect(route.action).toEqual({ kind: 'Redirect', statusCode });
  });

  it('answers 302 by default, with scheme, host and path as asked for', () => {
    const redirect = '{scheme: https, hostname: B.Example.com, path: {type: ReplaceFullPath, replaceFullPath: /new}}';
    expect(firstRoute(filtered(`{type: RequestRedirect, requestRedirect: ${redirect}}`, 'name: x')).action).toEqual({
      kind: 'Redirect',
      scheme: 'https',
      hostname: 'b.example.com',
      path: { kind: 'Full', value: '/new' },
      statusCode: 302,
    });
  });

  it.each([
    ['backendRefs', '{}', to, 'IncompatibleFilters'],
    ['timeouts', '{}', 'timeouts: {request: 1s}', 'IncompatibleFilters'],
    ['retry', '{}', 'retry: {attempts: 2}', 'IncompatibleFilters'],
    ['an unknown scheme', '{scheme: ftp}', 'name: x', 'UnsupportedValue'],
    ['an unknown code', '{statusCode: 300}', 'name: x', 'UnsupportedValue'],
  ])('refuses %s', (_, redirect, rest, reason) => {
    const translation = translateRules(filtered(`{type: RequestRedirect, requestRedirect: ${redirect}}`, rest));
    expect(conditionsOf(translation)[0]).toBe(`Accepted=False ${reason}`);
  });
});

describe('URLRewrite', () => {
  const rewrite = (path: string, match: string) =>
    forwardOf(`[{matches: [${match}], filters: [{type: URLRewrite, urlRewrite: {path: ${path}}}], ${to}}]`).rewrite;

  it('writes the host', () => {
    expect(forwardOf(filtered('{type: URLRewrite, urlRewrite: {hostname: B.example.com}}')).rewrite).toEqual({
      hostname: 'b.example.com',
    });
  });

  it('writes the whole path', () => {
    expect(rewrite('{type: ReplaceFullPath, replaceFullPath: /x}', '{path: {type: Exact, value: /a}}')).toEqual({
      path: { kind: 'Full', value: '/x' },
    });
  });

  // HTTPPathModifier.replacePrefixMatch: trailing slashes are ignored, and nothing is the root.
  it.each([
    ['/foo', '/xyz', '/foo', '/xyz'],
    ['/foo', '/xyz/', '/foo', '/xyz'],
    ['/foo/', '/xyz', '/foo', '/xyz'],
    ['/foo/', '/xyz/', '/foo', '/xyz'],
    ['/foo', '', '/foo', '/'],
    ['/foo', '/', '/foo', '/'],
    ['/', '/xyz', '/', '/xyz'],
  ])('replaces the prefix %s by "%s"', (prefix, value, from, by) => {
    const path = rewrite(`{type: ReplacePrefixMatch, replacePrefixMatch: "${value}"}`, `{path: {value: ${prefix}}}`);
    expect(path).toEqual({ path: { kind: 'Prefix', prefix: from, value: by } });
  });

  it.each([
    ['an exact match', '[{path: {type: Exact, value: /a}}]'],
    ['two matches', '[{path: {value: /a}}, {path: {value: /b}}]'],
  ])('can not replace the prefix of %s', (_, matches) => {
    const filter = '{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /x}}}';
    const translation = translateRules(`[{matches: ${matches}, filters: [${filter}], ${to}}]`);
    expect(conditionsOf(translation)[0]).toBe('Accepted=False UnsupportedValue');
  });
});

describe('RequestMirror', () => {
  const mirror = (extra: string, name = 'b') =>
    `{type: RequestMirror, requestMirror: {backendRef: {name: ${name}, port: 80}${extra}}}`;

  it('copies to several backends, by percent and fraction', () => {
    const filters = [
      mirror(''),
      mirror(', percent: 20', 'c'),
      mirror(', fraction: {numerator: 1, denominator: 3}', 'c'),
    ];
    expect(forwardOf(filtered(filters.join(', '))).mirrors).toEqual([
      { cluster: 'default/b:80', numerator: 100, denominator: 100 },
      { cluster: 'default/c:80', numerator: 20, denominator: 100 },
      { cluster: 'default/c:80', numerator: 1, denominator: 3 },
    ]);
  });

  it('asks for the clusters', () => {
    const names = translateRules(filtered(mirror(''))).clusters.map((request) => request.name);
    expect(names).toEqual(['default/a:80', 'default/b:80']);
  });

  it('takes a fraction without denominator of a hundred, and leaves out 0', () => {
    const filters = [mirror(', fraction: {numerator: 5}'), mirror(', percent: 0', 'c')];
    expect(forwardOf(filtered(filters.join(', '))).mirrors).toEqual([
      { cluster: 'default/b:80', numerator: 5, denominator: 100 },
    ]);
  });

  it('is dropped where its backend can not be used, and the requests go on', () => {
    const translation = translateRules(filtered(mirror('', 'nothing')));
    expect(conditionsOf(translation)).toEqual(['Accepted=True Accepted', 'ResolvedRefs=False BackendNotFound']);
    expect(translation.attachments[0]?.routes[0]?.action).toMatchObject({
      kind: 'Forward',
      mirrors: [],
      invalidWeight: 0,
    });
  });
});

describe('CORS', () => {
  const cors = (spec: string) => firstRoute(filtered(`{type: CORS, cors: ${spec}}`)).cors;

  it('reads every field', () => {
    const spec =
      '{allowOrigins: ["https://a.example.com:8443", "https://*.example.com:1"], allowMethods: [GET, PUT], allowHeaders: [X-A], exposeHeaders: [X-B], allowCredentials: true, maxAge: 60}';
    expect(cors(spec)).toEqual({
      allowOrigins: [
        { kind: 'Exact', value: 'https://a.example.com:8443' },
        { kind: 'Pattern', value: 'https://*.example.com:1' },
      ],
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['X-A'],
      exposeHeaders: ['X-B'],
      allowCredentials: true,
      maxAgeSeconds: 60,
    });
  });

  it.each([
    ['https://A.com', 'https://a.com'],
    ['https://a.com:443', 'https://a.com'],
    ['http://a.com:80', 'http://a.com'],
    ['http://a.com:443', 'http://a.com:443'],
    ['https://*:443', 'https://*'],
    ['*', '*'],
  ])('knows one spelling of origin %s', (origin, value) => {
    expect(cors(`{allowOrigins: ["${origin}"]}`)?.allowOrigins.map((match) => match.value)).toEqual([value]);
  });

  it('lets browsers keep the answer for 5 seconds by default, without credentials', () => {
    expect(cors('{allowOrigins: ["*"]}')).toMatchObject({ maxAgeSeconds: 5, allowCredentials: false });
  });

  it('exposes * only without credentials', () => {
    expect(cors('{exposeHeaders: ["*"]}')?.exposeHeaders).toEqual(['*']);
    expect(cors('{exposeHeaders: ["*"], allowCredentials: true}')?.exposeHeaders).toEqual([]);
  });
});

describe('filters that can not be served', () => {
  it.each([
    [
      'ExternalAuth to a server that is not there',
      '{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: gone, port: 80}, http: {}}}',
      'ResolvedRefs=False BackendNotFound',
    ],
    [
      'ExternalAuth by a path that leads out',
      '{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: a, port: 80}, http: {path: /a/%2E./b}}}',
      'Accepted=False UnsupportedValue',
    ],
    ['an unknown type', '{type: Magic}', 'Accepted=False UnsupportedValue'],
    ['a type without its field', '{type: URLRewrite}', 'Accepted=False UnsupportedValue'],
    ['the same filter twice', '{type: CORS, cors: {}}, {type: CORS, cors: {}}', 'Accepted=False IncompatibleFilters'],
    [
      'a redirect and a rewrite',
      '{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}',
      'Accepted=False IncompatibleFilters',
    ],
    [
      'ExtensionRef',
      '{type: ExtensionRef, extensionRef: {group: x.dev, kind: Magic, name: m}}',
      'ResolvedRefs=False InvalidKind',
    ],
  ])('let no request through: %s', (_, filters, condition) => {
    const translation = translateRules(filtered(filters));
    expect(conditionsOf(translation)).toContain(condition);
    expect(translation.attachments[0]?.routes.map(({ action }) => action)).toMatchObject([
      { kind: 'DirectResponse', statusCode: 500 },
    ]);
    expect(translation.clusters).toEqual([]);
  });

  it('leave the other rules alone', () => {
    const rules = `[{matches: [{path: {value: /x}}], filters: [{type: ExternalAuth}], ${to}}, {${to}}]`;
    const translation = translateRouteOf(plainObjects, routeYaml(rules));
    expect(conditionsOf(translation)).toContain('PartiallyInvalid=True UnsupportedValue');
    expect(translation.attached).toHaveLength(1);
    expect(translation.attachments[0]?.routes.map(({ action }) => action.kind)).toEqual(['DirectResponse', 'Forward']);
  });

  it('count a route without a rule that serves as not attached', () => {
    expect(translateRules(filtered('{type: ExternalAuth}')).attached).toEqual([]);
  });
});
