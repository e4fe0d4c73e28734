/*
 * The world of the benches: one Gateway, some Services, many routes with a host each. As texts, for folders, and
 * without anything that differs from run to run.
 */

export const namespace = 'bench';

export interface WorldPorts {
  readonly listener: number;
  readonly backend: number;
}

export function gatewayText(port: number, name = 'bench'): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  gatewayClassName: sallyport
  listeners:
    - {name: http, port: ${port}, protocol: HTTP}
`;
}

export function serviceText(name: string, backendPort: number): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  ports: [{name: http, port: 80, protocol: TCP}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}-1
  namespace: ${namespace}
  labels: {kubernetes.io/service-name: ${name}}
addressType: IPv4
ports: [{name: http, port: ${backendPort}, protocol: TCP}]
endpoints: [{addresses: [127.0.0.1]}]
`;
}

export function hostOf(route: number | string): string {
  return `h${route}.bench.example`;
}

export function routeText(route: number | string, service: string, gateway = 'bench'): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r${route}, namespace: ${namespace}}
spec:
  parentRefs: [{name: ${gateway}}]
  hostnames: [${hostOf(route)}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: ${service}, port: 80}]
`;
}

/** Services that the routes of the world share. */
export const sharedServices = 20;

export function sharedService(route: number): string {
  return `s${route % sharedServices}`;
}
