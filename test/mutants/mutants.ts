/** A deliberate mistake: in `file` the one occurrence of `find` becomes `replace`. */
export interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Mistakes in translation and in what Envoy is given that users would pay for. Every one has to fail a test. */
export const mutants: readonly Mutant[] = [
  {
    what: 'prefixes go before exact paths',
    file: 'src/translate/precedence.ts',
    find: '{ Exact: 0, RegularExpression: 1, Prefix: 2 }',
    replace: '{ Exact: 2, RegularExpression: 1, Prefix: 0 }',
  },
  {
    what: 'short prefixes go before long ones',
    file: 'src/translate/precedence.ts',
    find: 'b.path.value.length - a.path.value.length',
    replace: 'a.path.value.length - b.path.value.length',
  },
  {
    what: 'fewer header matches go first',
    file: 'src/translate/precedence.ts',
    find: 'b.headers.length - a.headers.length',
    replace: 'a.headers.length - b.headers.length',
  },
  {
    what: 'a match with a method goes behind one without',
    file: 'src/translate/precedence.ts',
    find: 'Number(b.method !== undefined) - Number(a.method !== undefined)',
    replace: 'Number(a.method !== undefined) - Number(b.method !== undefined)',
  },
  {
    what: 'the newest object wins',
    file: 'src/translate/precedence.ts',
    find: 'compareStrings(a.precedence.createdAt, b.precedence.createdAt)',
    replace: 'compareStrings(b.precedence.createdAt, a.precedence.createdAt)',
  },
  {
    what: 'fallbacks rank by their match',
    file: 'src/translate/precedence.ts',
    find: 'Number(a.fallback) - Number(b.fallback) ||',
    replace: '',
  },
  {
    what: 'a wildcard covers its own domain',
    file: 'src/translate/ownership.ts',
    find: 'domain.endsWith(hostname.slice(1)) && domain.length > hostname.length - 1',
    replace: 'domain.endsWith(hostname.slice(2))',
  },
  {
    what: 'listeners are not isolated',
    file: 'src/translate/domain.ts',
    find: '      if (owner === undefined || owner.name !== attachment.section) continue;',
    replace: '      if (owner === undefined) continue;',
  },
  {
    what: 'a domain that loses its last route keeps it',
    file: 'src/translate/domain.ts',
    find: 'for (const attachment of ofGateway(port, before)) removeOne(domains, attachment);',
    replace: '',
  },
  {
    what: 'routes of every namespace may attach',
    file: 'src/translate/gateway-api/allowed-routes.ts',
    find: 'return gatewayNamespace === routeNamespace;',
    replace: 'return true;',
  },
  {
    what: 'every parentRef takes every listener',
    file: 'src/translate/gateway-api/parent-ref.ts',
    find: 'if (wrongSection || (port !== undefined && port !== listener.port)) {',
    replace: 'if (wrongSection) {',
  },
  {
    what: 'weight 0 gets traffic',
    file: 'src/translate/gateway-api/backend-ref.ts',
    find: 'else if (weight > 0) backends.push',
    replace: 'else backends.push',
  },
  {
    what: 'the share of invalid backends is lost',
    file: 'src/translate/gateway-api/backend-ref.ts',
    find: 'invalidWeight += weight;',
    replace: 'invalidWeight += 0;',
  },
  {
    what: 'a redirect keeps the listener port when it changes the scheme',
    file: 'src/translate/gateway-api/request-redirect.ts',
    find: 'template.scheme === undefined ? entry.port : wellKnownPort[template.scheme]',
    replace: 'entry.port',
  },
  {
    what: 'a redirect writes the port that its scheme implies',
    file: 'src/translate/gateway-api/request-redirect.ts',
    find: 'return port === wellKnownPort[template.scheme ?? entry.scheme] ? rest : { ...rest, port };',
    replace: 'return { ...rest, port };',
  },
  {
    what: 'redirects are permanent by default',
    file: 'src/translate/gateway-api/request-redirect.ts',
    find: 'statusCode = 302',
    replace: 'statusCode = 301',
  },
  {
    what: 'a prefix keeps its trailing slash',
    file: 'src/translate/gateway-api/match.ts',
    find: "const trimmed = value.replace(/\\/+$/, '');",
    replace: 'const trimmed = value;',
  },
  {
    what: 'header names are compared by case',
    file: 'src/translate/gateway-api/match.ts',
    find: '(name) => name.toLowerCase(), `${field}.headers`',
    replace: '(name) => name, `${field}.headers`',
  },
  {
    what: 'references to other namespaces need no grant',
    file: 'src/resolve/service.ts',
    find: 'if (!isReferencePermitted(read, from, target)) {',
    replace: 'if (target.name === "" && !isReferencePermitted(read, from, target)) {',
  },
  {
    what: 'a prefix matches within a path element',
    file: 'src/xds/route/match.ts',
    find: "{ case: 'pathSeparatedPrefix', value: path.value }",
    replace: "{ case: 'prefix', value: path.value }",
  },
  {
    what: 'the method is not compared',
    file: 'src/xds/route/match.ts',
    find: "...(match.method === undefined ? [] : [headerMatch(':method', exactString(match.method))]),",
    replace: '',
  },
  {
    what: 'query parameters are not compared',
    file: 'src/xds/route/match.ts',
    find: 'queryParameters: match.queryParams.map(queryMatch),',
    replace: '',
  },
  {
    what: 'a wildcard of an Ingress stands for any number of labels',
    file: 'src/xds/route/match.ts',
    find: '...(match.hostLabels === undefined ? [] : [labelCount(match.hostLabels)]),',
    replace: '',
  },
  {
    what: 'requests end after 15 s without a timeout',
    file: 'src/xds/route/forward.ts',
    find: 'timeout: duration(forward.timeouts.requestMs ?? 0),',
    replace: '...(forward.timeouts.requestMs === undefined ? {} : { timeout: duration(forward.timeouts.requestMs) }),',
  },
  {
    what: 'invalid backends are answered 503',
    file: 'src/xds/route/forward.ts',
    find: 'RouteAction_ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR',
    replace: 'RouteAction_ClusterNotFoundResponseCode.SERVICE_UNAVAILABLE',
  },
  {
    what: 'mirrored requests carry another Host',
    file: 'src/xds/route/forward.ts',
    find: 'disableShadowHostSuffixAppend: true,',
    replace: '',
  },
  {
    what: '307 and 308 are mixed up',
    file: 'src/xds/route/redirect.ts',
    find: '307: Code.TEMPORARY_REDIRECT,',
    replace: '307: Code.PERMANENT_REDIRECT,',
  },
  {
    what: 'names in certificates of backends are not checked',
    file: 'src/xds/cluster/upstream-tls.ts',
    find: 'matchTypedSubjectAltNames: tls.subjectAltNames.map(',
    replace: 'matchTypedSubjectAltNames: [].map(',
  },
  {
    what: 'h2c backends get HTTP/1.1',
    file: 'src/xds/cluster/cluster.ts',
    find: "return { case: 'http2ProtocolOptions', value: { allowConnect: true } };",
    replace: "return { case: 'httpProtocolOptions', value: {} };",
  },
  {
    what: 'weights of a sticky rule are ignored',
    file: 'src/xds/cluster/cluster.ts',
    find: "{ localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } }",
    replace: '{}',
  },
  {
    what: 'a chain takes every server name',
    file: 'src/xds/listener/filter-chain.ts',
    find: 'chain.serverName === undefined ? {} : { serverNames: [chain.serverName] }',
    replace: '{}',
  },
  {
    what: 'clients choose their own address',
    file: 'src/xds/listener/http-connection-manager.ts',
    find: 'useRemoteAddress: edge.useRemoteAddress.value,',
    replace: '',
  },
  {
    what: 'what Envoy refuses stays among the routes',
    file: 'src/translate/quarantine.ts',
    find: 'lists.filter((attachments) => !attachments.some((attachment) => out.has(attachment.origin)))',
    replace: 'lists',
  },
];
