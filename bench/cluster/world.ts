import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/cluster/cache.ts';
import { controllerImage } from '../../test/cluster/images.ts';
import { hostOf, sharedService, sharedServices } from '../world.ts';
import type { KubeObject } from './api.ts';

/** The objects of the benches, as the API server takes them. */
export const gatewayApi = 'gateway.networking.k8s.io/v1';
const backendPort = 8080;
export const backendReplicas = 2;
export const backendLabels = { app: 'backend' };

const namespaceLabels = { bench: 'sallyport' };
export const namespaceSelector = `bench=${namespaceLabels.bench}`;

export function namespaceObject(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: namespaceLabels } };
}

/** The backend of the load tests, in a Pod. */
export function backendObject(namespace: string): KubeObject {
  const source = readFileSync(join(root, 'test/load/backend.ts'), 'utf8');
  const script = `${source}\nawait startLoadBackend({ address: '0.0.0.0', port: ${backendPort} });`;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: 'backend' },
    spec: {
      replicas: backendReplicas,
      selector: { matchLabels: backendLabels },
      template: {
        metadata: { labels: backendLabels },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: 'backend',
              // It has Node, and the cluster has it.
              image: controllerImage,
              imagePullPolicy: 'IfNotPresent',
              command: ['/usr/local/bin/node', '--input-type=module-typescript', '--eval', script],
              readinessProbe: { httpGet: { port: backendPort }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

export function gatewayObject(namespace: string, name = 'bench'): KubeObject {
  return {
    apiVersion: gatewayApi,
    kind: 'Gateway',
    metadata: { namespace, name },
    spec: {
      gatewayClassName: 'sallyport',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  };
}

export function serviceObjects(namespace: string): readonly KubeObject[] {
  return Array.from({ length: sharedServices }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: `s${index}` },
    spec: { selector: backendLabels, ports: [{ port: 80, targetPort: backendPort }] },
  }));
}

export interface RoutePlace {
  readonly namespace: string;
  /** Where the Gateway is; by default beside the route. */
  readonly gatewayNamespace?: string;
}

/** A Service whose endpoints are written by hand. */
export function plainServiceObject(namespace: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { ports: [{ port: 80 }] } };
}

export function endpointObjects(addresses: readonly string[], ready = true): readonly object[] {
  return addresses.map((address) => ({ addresses: [address], conditions: { ready } }));
}

export function endpointSliceObject(namespace: string, service: string, addresses: readonly string[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: '', port: backendPort, protocol: 'TCP' }],
    endpoints: endpointObjects(addresses),
  };
}

/** The spec of a route for a host of its own; `value` is a header of its responses, for routes that change. */
export function routeSpec(gatewayNamespace: string, route: number | string, service: string, value?: string): object {
  const filter = { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-change', value }] } };
  return {
    parentRefs: [{ name: 'bench', namespace: gatewayNamespace }],
    hostnames: [hostOf(route)],
    rules: [{ ...(value === undefined ? {} : { filters: [filter] }), backendRefs: [{ name: service, port: 80 }] }],
  };
}

export function routeTo(place: RoutePlace, route: number | string, service: string): KubeObject {
  const { namespace, gatewayNamespace = namespace } = place;
  return {
    apiVersion: gatewayApi,
    kind: 'HTTPRoute',
    metadata: { namespace, name: `r${route}` },
    spec: routeSpec(gatewayNamespace, route, service),
  };
}

/** A route for a host of its own to one of the shared Services. */
export function routeObject(place: RoutePlace, route: number | string): KubeObject {
  return routeTo(place, route, sharedService(typeof route === 'number' ? route : route.length));
}

export function routeObjects(place: RoutePlace, from: number, to: number): readonly KubeObject[] {
  return Array.from({ length: to - from }, (_, index) => routeObject(place, from + index));
}
