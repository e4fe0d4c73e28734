import { expect, it } from 'vitest';
import { translateYaml } from '../../test/explain/fixture.ts';
import { explainEgress } from './explain-egress.ts';
import { explainRequest } from './explain.ts';
import { renderEgress } from './render-egress.ts';
import { renderExplanation } from './render-explanation.ts';
import { parseRequest } from './request.ts';

const translation = translateYaml(`
kind: Gateway
metadata: {name: gw, namespace: default}
spec: {gatewayClassName: sallyport, listeners: [{name: http, port: 80, protocol: HTTP}, {name: grpc, port: 8080, protocol: HTTP}]}
---
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{port: 80}]}
---
kind: EndpointSlice
metadata: {name: a-1, namespace: default, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
ports: [{name: '', port: 8080}]
endpoints: [{addresses: [127.0.0.1]}, {addresses: [127.0.0.2]}]
---
kind: HTTPRoute
metadata: {name: r, namespace: default}
spec:
  parentRefs: [{name: gw, sectionName: http}]
  rules:
  - matches: [{path: {type: PathPrefix, value: /a}, method: POST, queryParams: [{name: q, value: "1"}]}]
    timeouts: {request: 5s, backendRequest: 1500ms}
    retry: {attempts: 2, codes: [503], backoff: 100ms}
    sessionPersistence: {sessionName: s}
    filters:
    - {type: RequestMirror, requestMirror: {backendRef: {name: a, port: 80}, percent: 20}}
    backendRefs:
    - {name: a, port: 80, weight: 3, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: x-a, value: b}], remove: [x-c]}}]}
  - matches: [{path: {type: PathPrefix, value: /split}}]
    backendRefs: [{name: a, port: 80, weight: 3}, {name: missing, port: 80, weight: 1}]
  - matches: [{path: {type: RegularExpression, value: "/r[0-9]+"}}]
    filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
  - matches: [{path: {type: Exact, value: /cors}}]
    filters: [{type: CORS, cors: {allowOrigins: ["https://a.test"], allowMethods: [PUT], allowHeaders: [x-a], maxAge: 5}}]
    backendRefs: [{name: a, port: 80}]
  - matches: [{path: {type: PathPrefix, value: /in}}]
    filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: a, port: 80}, grpc: {}, forwardBody: {maxSize: 9}}}]
    backendRefs: [{name: a, port: 80}]
---
kind: GRPCRoute
metadata: {name: calls, namespace: default}
spec:
  parentRefs: [{name: gw, sectionName: grpc}]
  hostnames: [grpc.test]
  rules:
  - matches: [{method: {service: shop.Cart, method: Add}}]
    backendRefs: [{name: missing, port: 80}]
  - matches: [{method: {service: shop.Cart}}]
    backendRefs: [{name: a, port: 80}]
---
kind: Gateway
metadata: {name: out, namespace: default}
spec: {gatewayClassName: sallyport-egress, listeners: [{name: http, port: 3128, protocol: HTTP}]}
---
kind: Pod
metadata: {name: p, namespace: default, labels: {app: p}}
spec: {serviceAccountName: sa, containers: []}
status: {podIP: 10.0.0.1}
---
kind: Egress
metadata: {name: e, namespace: default}
spec:
  from: {podSelector: {matchLabels: {app: p}}}
  rules:
  - {name: api, to: [{hosts: [api.example], ports: [{port: 80, protocol: HTTP}]}], http: [{path: {value: /v1}}]}
`);

function rendered(method: string, url: string, headers: readonly string[] = []): string {
  const request = parseRequest(method, url, { headers });
  if (!request.ok) throw new Error(request.error);
  const [explanation] = explainRequest(translation, request.value);
  return explanation === undefined ? '' : renderExplanation(explanation, { colors: false, notChosen: 0 });
}

const place = `
  Gateway   default/gw
  listener  http (:80, bound to 127.0.0.1:80)
  host      *`;

it('shows what is done with a request that is forwarded', () => {
  expect(rendered('POST', 'http://h.test/a/b?q=1')).toBe(`POST http://h.test/a/b?q=1${place}
  route     default/r  rules[0]: path prefix /a, method POST, query q=1
  filters   add x-a: b
            remove x-c
  timeout   5 s, each try 1500 ms
  retries   2 on 503, 100 ms apart at most
  session   sticky by cookie s
  backend   default/a:80  weight 3 of 3, 2 endpoints ready
  it sees   POST /a/b?q=1, host h.test
  mirror    default/a:80  20 of 100 requests
`);
});

it('shows the share that is answered 500', () => {
  expect(rendered('GET', 'http://h.test/split')).toBe(`GET http://h.test/split${place}
  route     default/r  rules[1]: path prefix /split
  backend   default/a:80  weight 3 of 4, 2 endpoints ready
            none that can be used  weight 1 of 4, answered 500
  it sees   GET /split, host h.test
`);
});

it('shows answers of the proxy itself', () => {
  expect(rendered('GET', 'http://h.test/r1')).toBe(`GET http://h.test/r1${place}
  route     default/r  rules[2]: path regular expression /r[0-9]+
  answer    301 to https://h.test/r1
`);
  const preflight = ['origin: https://a.test', 'access-control-request-method: PUT'];
  expect(rendered('OPTIONS', 'http://h.test/cors', preflight)).toBe(`OPTIONS http://h.test/cors${place}
  route     default/r  rules[3]: path /cors
  answer    200 to a CORS preflight, allowed
  cors      access-control-allow-origin: https://a.test
            access-control-allow-methods: PUT
            access-control-allow-headers: x-a
            access-control-max-age: 5
`);
  expect(rendered('GET', 'http://h.test/nothing')).toBe(`GET http://h.test/nothing${place}
  answer    404: no rule at * matches
`);
  expect(rendered('GET', 'http://h.test:81/')).toBe(`GET http://h.test:81/
  answer  nothing: no Gateway listens on port 81; there is port 80, 3128, 8080
`);
});

it('shows who is asked before a request goes on', () => {
  expect(rendered('GET', 'http://h.test/in')).toContain(`
  asks      default/a:80/h2 by gRPC first, with up to 9 bytes of the body; what it does not allow is denied
`);
});

it('shows what a gRPC client is told', () => {
  const grpc = ['content-type: application/grpc+proto'];
  const where = `
  Gateway   default/gw
  listener  grpc (:8080, bound to 127.0.0.1:8080)
  host      grpc.test`;
  expect(rendered('POST', 'http://grpc.test:8080/shop.Cart/Add', grpc))
    .toBe(`POST http://grpc.test:8080/shop.Cart/Add${where}
  route     default/calls  rules[0]: gRPC, path /shop.Cart/Add
  answer    503: No backendRef can be used.
  gRPC      a client is told UNAVAILABLE for 503
`);
  expect(rendered('POST', 'http://grpc.test:8080/shop.Cart/Add')).toBe(`POST http://grpc.test:8080/shop.Cart/Add${where}
  answer    404: no rule at grpc.test matches
`);
});

it('shows calls that leave, and what is missing for them', () => {
  const call = { form: 'Request', host: 'api.example', method: 'GET', scheme: 'http' } as const;
  const texts = ['/v1/x', '/v2'].map((path) => {
    const [explanation] = explainEgress(translation, { ...call, path }, 'default/p');
    return explanation === undefined ? '' : renderEgress(explanation, { colors: false });
  });
  const caller = 'default/p (10.0.0.1), service account default/sa, selected by default/e';
  expect(texts).toEqual([
    `GET http://api.example/v1/x
  Gateway  default/out  port 3128
  caller   ${caller}
  allowed  by rule default/e/api
  leaves   as a request
`,
    `GET http://api.example/v2
  Gateway  default/out  port 3128
  caller   ${caller}
  denied   NoRule: no rule of the Egress objects that select the caller allows GET http://api.example/v2; there are rules for this host and port, but none that fits
Not chosen
  default/e/api  it is for other paths
`,
  ]);
});
