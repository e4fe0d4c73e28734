import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createValidator } from './validator.ts';

const validate = createValidator();

/** One valid object of each kind, with much of what it can hold. */
const valid = [
  '{apiVersion: v1, kind: Namespace, metadata: {name: n, labels: {a: b}}}',
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {ca.crt: x}, binaryData: {b: YQ==}}',
  '{apiVersion: v1, kind: Secret, metadata: {name: s}, type: Opaque, data: {a: YQ==}, stringData: {b: c}}',
  '{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 81, targetPort: 8080}]}}',
  '{apiVersion: v1, kind: Pod, metadata: {name: p, labels: {a: b}}, spec: {serviceAccountName: a, containers: [{name: c}]}, status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}',
  '{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: e}, addressType: IPv4, endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}, zone: z}], ports: [{name: a, port: 80, protocol: TCP}]}',
  '{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: c}, spec: {controller: sallyport.dev/ingress}}',
  '{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {ingressClassName: c, tls: [{hosts: [a.example], secretName: t}], rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}}',
  '{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: c}, spec: {controllerName: sallyport.dev/gateway}}',
  '{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: {gatewayClassName: c, listeners: [{name: a, port: 443, protocol: HTTPS, hostname: "*.example", tls: {mode: Terminate, certificateRefs: [{name: t}]}, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}}]}}',
  '{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, spec: {parentRefs: [{name: g, sectionName: a}], hostnames: [a.example], rules: [{matches: [{path: {type: Exact, value: /a}, headers: [{name: x, value: y}], queryParams: [{name: q, value: v}], method: GET}], filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}], remove: [c]}}], timeouts: {request: 2s, backendRequest: 1s}, backendRefs: [{name: s, port: 80, weight: 2}]}]}}',
  '{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: b}, spec: {targetRefs: [{group: "", kind: Service, name: s}], validation: {hostname: a.example, caCertificateRefs: [{group: "", kind: ConfigMap, name: c}]}}}',
  '{apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {name: g}, spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}], to: [{group: "", kind: Service}]}}',
  '{apiVersion: sallyport.dev/v1alpha1, kind: Egress, metadata: {name: e}, spec: {from: {podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}, rules: [{name: r, to: [{hosts: [a.example], ports: [{port: 443, protocol: HTTPS}]}], tls: {mode: Originate}, http: [{methods: [GET], path: {value: /}}], rateLimit: {requests: 1, per: Second}, retries: {attempts: 1, codes: [503]}}]}}',
].map((text): unknown => parse(text));

type Place = readonly (string | number)[];

/** Every place in a value but the root. */
function placesIn(value: unknown, at: Place = []): readonly Place[] {
  const below: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
  return below.flatMap(([key, member]) => [[...at, key], ...placesIn(member, [...at, key])]);
}

type Change = (container: { [key: string]: unknown }, key: string) => void;

/** A copy in which one place is changed. */
function changed(value: unknown, place: Place, change: Change): unknown {
  const copy = structuredClone(value);
  let container = copy as { [key: string]: unknown };
  // Each step but the last of a place that was found in the value is a map or a list.
  for (const key of place.slice(0, -1)) container = container[key] as { [key: string]: unknown };
  change(container, String(place.at(-1)));
  return copy;
}

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>((container, key) => {
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
  }),
  fc.constant<Change>((container, key) => {
    if (Array.isArray(container)) container.push(container[Number(key)]);
    else container[`${key}x`] = container[key];
  }),
  fc
    .oneof(
      fc.constantFrom<unknown>(null, true, '', '*', '-', ' ', 'A', 0, -1, 1.5, 65_536, 2 ** 40, [], {}, [null], [[]]),
      fc.jsonValue({ maxDepth: 2 }),
    )
    .map(
      (made): Change =>
        (container, key) =>
          (container[key] = structuredClone(made)),
    ),
);

describe('an object with one thing changed', () => {
  it('was valid before', () => {
    for (const object of valid) expect(validate(object)).toMatchObject({ kind: 'Object', diagnostics: [] });
  });

  it('is either valid, and then stays so as it was completed, or refused with a reason and a field', () => {
    const mutations = fc
      .constantFrom(...valid)
      .chain((object) => fc.tuple(fc.constant(object), fc.constantFrom(...placesIn(object)), change));
    fc.assert(
      fc.property(mutations, ([object, place, how]) => {
        const mutant = changed(object, place, how);
        const before = structuredClone(mutant);
        const validation = validate(mutant);
        expect(mutant).toEqual(before);
        if (validation.kind === 'Object') {
          expect(validation.diagnostics).toEqual([]);
          expect(validate(validation.object)).toEqual(validation);
        } else if (validation.kind === 'Invalid') {
          expect(validation.diagnostics.length).toBeGreaterThan(0);
          for (const { severity, field, message } of validation.diagnostics) {
            expect(severity).toBe('error');
            expect(field).toMatch(/./);
            expect(message).not.toBe('');
          }
        } else expect(['apiVersion', 'kind']).toContain(place[0]);
      }),
      { numRuns: 2000 },
    );
  });

  it('says the same again', () => {
    const again = createValidator();
    for (const object of valid) {
      for (const place of placesIn(object)) {
        const mutant = changed(object, place, (container, key) => (container[key] = -1));
        expect(again(mutant)).toEqual(validate(mutant));
      }
    }
  });
});

it('is refused, and breaks nothing, when it is nested far too deep', () => {
  let deep: unknown = 'end';
  for (let i = 0; i < 20_000; i += 1) deep = i % 2 === 0 ? [deep] : { deep };
  for (const spec of [{ listeners: deep }, { gatewayClassName: deep }, { addresses: [deep] }]) {
    const value = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'a' }, spec };
    expect(createValidator()(value)).toMatchObject({
      kind: 'Invalid',
      diagnostics: [{ severity: 'error', reason: 'InvalidValue' }],
    });
  }
});
