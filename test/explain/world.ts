import type { AnyObject } from '../../src/snapshot/object.ts';
import type { TestCertificate } from '../fixture/certificate.ts';
import type { Random } from './random.ts';
import { createRule, type Rule } from './rule.ts';

/** Where the listeners of a world listen; each is a free port. */
export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly narrow: number;
  /** HTTPS, for clients with a certificate only. */
  readonly guarded: number;
}

export interface Route {
  readonly name: string;
  readonly hostnames: readonly string[];
  readonly rules: readonly Rule[];
}

/** One generated configuration. */
export interface World {
  readonly objects: readonly AnyObject[];
  readonly routes: readonly Route[];
}

/** What all worlds have in common. */
export interface Ground {
  readonly ports: Ports;
  /** The backends' ports by the name of their Service. */
  readonly services: Readonly<Record<string, number>>;
  readonly certificate: TestCertificate;
  /** Vouches for clients. */
  readonly authority: TestCertificate;
}

/** The host that tells which world is served. */
export const markerHost = 'x.a.test';

function object(kind: string, apiVersion: string, name: string, rest: object): AnyObject {
  const metadata = { name, namespace: 'default', ...('metadata' in rest ? (rest.metadata as object) : {}) };
  // The generators write what the schemas ask for.
  return { kind, apiVersion, ...rest, metadata } as unknown as AnyObject;
}

const gatewayApi = 'gateway.networking.k8s.io/v1';

function gateway({ ports }: Ground): AnyObject {
  const tls = { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: 'certificate' }] };
  const listener = (name: string, port: number, hostname?: string) => {
    const secure = port === ports.https || port === ports.guarded;
    const host = hostname === undefined ? {} : { hostname };
    return { name, port, protocol: secure ? 'HTTPS' : 'HTTP', ...host, ...(secure ? { tls } : {}) };
  };
  const listeners = [
    listener('http', ports.http),
    listener('http-a', ports.http, '*.a.test'),
    listener('http-x', ports.http, 'x.a.test'),
    listener('https-a', ports.https, '*.a.test'),
    listener('https-x', ports.https, 'x.a.test'),
    listener('https-test', ports.https, '*.test'),
    listener('narrow', ports.narrow, '*.b.test'),
    listener('guarded', ports.guarded, '*.test'),
  ];
  const validation = { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'authority' }] };
  const frontend = { default: {}, perPort: [{ port: ports.guarded, tls: { validation } }] };
  return object('Gateway', gatewayApi, 'edge', {
    spec: { gatewayClassName: 'sallyport', tls: { frontend }, listeners },
  });
}

function service(name: string, port: number | undefined): readonly AnyObject[] {
  const slice = {
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  };
  const made = object('Service', 'v1', name, { spec: { ports: [{ port: 80, protocol: 'TCP' }] } });
  return port === undefined ? [made] : [made, object('EndpointSlice', 'discovery.k8s.io/v1', `${name}-1`, slice)];
}

/** One route per Service, so that clusters are the same in all worlds, and the world's number as a redirect. */
function constantRoutes(ground: Ground, number: number): readonly AnyObject[] {
  const parentRefs = [{ name: 'edge' }];
  const keep = [...Object.keys(ground.services), 'idle'].map((name) => ({
    matches: [{ path: { type: 'Exact', value: `/keep/${name}` } }],
    backendRefs: [{ name, port: 80, weight: 1 }],
  }));
  const redirect = { type: 'RequestRedirect', requestRedirect: { hostname: `world-${number}.test`, statusCode: 302 } };
  const marker = { matches: [{ path: { type: 'Exact', value: '/world/marker' } }], filters: [redirect] };
  return [
    object('HTTPRoute', gatewayApi, 'constant', {
      spec: { parentRefs, hostnames: [markerHost, 'z.b.test'], rules: [...keep, marker] },
    }),
  ];
}

/** A wildcard of an Ingress stands for one label. */
function ingress(random: Random, ground: Ground): AnyObject {
  const path = (value: string, pathType: string) => ({
    path: value,
    pathType,
    backend: { service: { name: random.pick(Object.keys(ground.services)), port: { number: 80 } } },
  });
  const paths = [path('/i', 'Prefix'), path('/i/exact', 'Exact'), path('/a', 'Prefix')];
  const host = random.pick(['*.i.test', '*.a.test', 'one.i.test']);
  return object('Ingress', 'networking.k8s.io/v1', 'ingress', {
    spec: { ingressClassName: 'edge', rules: [{ host, http: { paths } }] },
  });
}

const hostnames: readonly (readonly string[])[] = [
  ['x.a.test'],
  ['x.a.test'],
  ['*.a.test'],
  ['y.a.test', 'b.test'],
  ['*.test'],
  ['*.b.test', '*.y.a.test'],
  [],
];

/** A world of seven routes on overlapping hosts; the first one alone has five rules for one host. */
export function createWorld(random: Random, ground: Ground, number: number): World {
  const routes = hostnames.map((names, index): Route => {
    const count = index === 0 ? 5 : 3 + random.below(3);
    const rules = Array.from({ length: count }, () => createRule(random, Object.keys(ground.services)));
    return { name: `r${index}`, hostnames: names, rules };
  });
  const made = routes.map(({ name, hostnames: names, rules }) => {
    const creationTimestamp = `2026-01-0${1 + random.below(3)}T00:00:00Z`;
    const spec = {
      parentRefs: [{ name: 'edge' }],
      ...(names.length === 0 ? {} : { hostnames: names }),
      rules: rules.map((rule) => rule.spec),
    };
    return object('HTTPRoute', gatewayApi, name, { metadata: { name, creationTimestamp }, spec });
  });
  const { chain, key } = ground.certificate;
  const data = { 'tls.crt': Buffer.from(chain).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
  const parameters = {
    apiGroup: 'gateway.networking.k8s.io',
    kind: 'Gateway',
    scope: 'Namespace',
    namespace: 'default',
    name: 'edge',
  };
  const objects = [
    gateway(ground),
    object('Secret', 'v1', 'certificate', { type: 'kubernetes.io/tls', data }),
    object('ConfigMap', 'v1', 'authority', { data: { 'ca.crt': ground.authority.chain } }),
    object('IngressClass', 'networking.k8s.io/v1', 'edge', {
      spec: { controller: 'sallyport.dev/gateway-controller', parameters },
    }),
    ...Object.entries(ground.services).flatMap(([name, port]) => service(name, port)),
    ...service('idle', undefined),
    ...constantRoutes(ground, number),
    ingress(random, ground),
    ...made,
  ];
  return { objects, routes };
}
