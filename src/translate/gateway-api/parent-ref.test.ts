import { describe, expect, it } from 'vitest';
import { createTestCertificate, secretYaml } from '../../../test/fixture/certificate.ts';
import { conditionsOf, plainObjects, translateRouteOf } from '../../../test/fixture/route.ts';
import { gatewayName } from '../../ir/name.ts';

const rules = 'rules: [{backendRefs: [{name: a, port: 80}]}]';

function route(parents: string, more = '', namespace = 'default'): string {
  return `kind: HTTPRoute\nmetadata: {name: r, namespace: ${namespace}}\nspec: {parentRefs: ${parents}, ${more}${rules}}`;
}

function gateway(listeners: string): string {
  return `kind: Gateway\nmetadata: {name: gw, namespace: default}\nspec: {gatewayClassName: sallyport, listeners: ${listeners}}`;
}

const service = 'kind: Service\nmetadata: {name: a, namespace: default}\nspec: {ports: [{port: 80}]}';
const listeners =
  '[{name: one, port: 80, protocol: HTTP}, {name: two, port: 80, protocol: HTTP, hostname: a.example.com}, {name: three, port: 8080, protocol: HTTP}]';

describe('parentRefs', () => {
  it.each([
    ['the whole Gateway', '[{name: gw}]', ['one', 'two', 'three']],
    ['a section', '[{name: gw, sectionName: two}]', ['two']],
    ['a port', '[{name: gw, port: 80}]', ['one', 'two']],
    ['a section and its port', '[{name: gw, sectionName: three, port: 8080}]', ['three']],
    ['several sections', '[{name: gw, sectionName: three}, {name: gw, sectionName: one}]', ['three', 'one']],
    ['the same listener twice', '[{name: gw}, {name: gw, sectionName: one}]', ['one', 'two', 'three']],
    [
      'the Gateway by its whole name',
      '[{group: gateway.networking.k8s.io, kind: Gateway, namespace: default, name: gw, port: 8080}]',
      ['three'],
    ],
  ])('attach to %s', (_, parents, sections) => {
    const translation = translateRouteOf(gateway(listeners), service, route(parents));
    expect(translation.attachments.map((attachment) => attachment.section)).toEqual(sections);
    expect(translation.attached.map(({ section }) => section)).toEqual(sections);
    expect(conditionsOf(translation)).toEqual(['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs']);
  });

  it.each([
    ['a section that is not there', '[{name: gw, sectionName: four}]'],
    ['a port that is not there', '[{name: gw, port: 81}]'],
    ['a section of another port', '[{name: gw, sectionName: one, port: 8080}]'],
  ])('do not attach to %s', (_, parents) => {
    const translation = translateRouteOf(gateway(listeners), service, route(parents));
    expect(conditionsOf(translation)[0]).toBe('Accepted=False NoMatchingParent');
    expect(translation.attachments).toEqual([]);
    expect(translation.attached).toEqual([]);
    expect(translation.losses).toHaveLength(3);
  });

  it('give each parent its own status', () => {
    const translation = translateRouteOf(
      gateway(listeners),
      service,
      route('[{name: gw, sectionName: one}, {name: gw, sectionName: four}]'),
    );
    expect(translation.parents).toMatchObject([
      {
        parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw', sectionName: 'one' },
        conditions: [{ status: 'True' }, {}],
      },
      { parentRef: { sectionName: 'four' }, conditions: [{ status: 'False' }, {}] },
    ]);
  });

  it.each([
    ['a Service, which is the mesh', '[{group: "", kind: Service, name: a}]', 0],
    ['a ListenerSet that is not there', '[{kind: ListenerSet, name: a}]', 1],
    ['another kind', '[{kind: Deployment, group: apps, name: a}]', 1],
    ['a Gateway that is not there', '[{name: other}]', 1],
  ])('say nothing in the status for %s', (_, parents, warnings) => {
    const translation = translateRouteOf(gateway(listeners), service, route(parents));
    expect(translation.parents).toEqual([]);
    expect(translation.diagnostics.filter(({ severity }) => severity === 'warning')).toHaveLength(warnings);
  });

  it('do not attach to an egress Gateway', () => {
    const egress = gateway(listeners).replace('sallyport', 'sallyport-egress');
    const translation = translateRouteOf(egress, service, route('[{name: gw}]'));
    expect(conditionsOf(translation)[0]).toBe('Accepted=False NotAllowedByListeners');
    expect(translation.attachments).toEqual([]);
  });

  it('leave the Gateways of others alone', () => {
    const other = gateway(listeners).replace('sallyport', 'other');
    const translation = translateRouteOf(other, service, route('[{name: gw}]'));
    expect(translation).toMatchObject({ parents: [], attachments: [], diagnostics: [] });
  });
});

describe('allowedRoutes', () => {
  const listener = (allowed: string) => gateway(`[{name: http, port: 80, protocol: HTTP, allowedRoutes: ${allowed}}]`);
  const shop = 'kind: Namespace\nmetadata: {name: shop, labels: {team: shop}}';
  const accepted = 'Accepted=True Accepted';
  const refused = 'Accepted=False NotAllowedByListeners';

  it.each([
    ['Same', '{namespaces: {from: Same}}', refused],
    ['nothing said', '{}', refused],
    ['All', '{namespaces: {from: All}}', accepted],
    ['a selector that is met', '{namespaces: {from: Selector, selector: {matchLabels: {team: shop}}}}', accepted],
    ['a selector that is not met', '{namespaces: {from: Selector, selector: {matchLabels: {team: bank}}}}', refused],
    [
      'the name of the namespace',
      '{namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}',
      accepted,
    ],
    ['another kind', '{namespaces: {from: All}, kinds: [{kind: TCPRoute}]}', refused],
    ['HTTPRoutes', '{namespaces: {from: All}, kinds: [{kind: HTTPRoute}]}', accepted],
  ])('decide by %s on a route of another namespace', (_, allowed, condition) => {
    const translation = translateRouteOf(
      listener(allowed),
      shop,
      route('[{name: gw, namespace: default}]', '', 'shop'),
    );
    expect(conditionsOf(translation)[0]).toBe(condition);
    expect(translation.attachments).toHaveLength(condition === accepted ? 1 : 0);
  });
});

describe('hostnames', () => {
  const hosts = gateway(
    '[{name: one, port: 80, protocol: HTTP, hostname: "*.example.com"}, {name: two, port: 80, protocol: HTTP, hostname: a.example.org}]',
  );

  it('are those that both want, for each listener', () => {
    const translation = translateRouteOf(
      hosts,
      service,
      route('[{name: gw}]', 'hostnames: [b.example.com, "*.example.org", other.net], '),
    );
    expect(translation.attachments.map(({ section, hostnames }) => [section, hostnames])).toEqual([
      ['one', ['b.example.com']],
      ['two', ['a.example.org']],
    ]);
  });

  it('refuse a route that shares none', () => {
    const translation = translateRouteOf(hosts, service, route('[{name: gw}]', 'hostnames: [other.net], '));
    expect(conditionsOf(translation)[0]).toBe('Accepted=False NoMatchingListenerHostname');
    expect(translation.losses.map(({ listener, reason }) => [listener, reason])).toEqual([
      ['one', 'NoMatchingListenerHostname'],
      ['two', 'NoMatchingListenerHostname'],
    ]);
  });

  it('tell of a Gateway with the longest name by the name that it is served under', () => {
    const name = 'g'.repeat(253);
    const translation = translateRouteOf(
      gateway('[{name: one, port: 80, protocol: HTTP, hostname: a.example}]').replace('name: gw', `name: ${name}`),
      service,
      route(`[{name: ${name}}]`, 'hostnames: [other.net], '),
    );
    expect(translation.losses.map((loss) => loss.gateway)).toEqual([gatewayName('default', name)]);
  });

  it('attach to the listener that takes them, though others do not', () => {
    const translation = translateRouteOf(hosts, service, route('[{name: gw}]', 'hostnames: [a.example.org], '));
    expect(conditionsOf(translation)[0]).toBe('Accepted=True Accepted');
    expect(translation.losses.map(({ listener }) => listener)).toEqual(['one']);
  });
});

describe('attachments', () => {
  it('reach HTTP and HTTPS listeners, and count where a listener is not served', () => {
    const both = gateway(
      '[{name: http, port: 80, protocol: HTTP}, {name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: s}]}}, {name: broken, port: 444, protocol: HTTPS, tls: {certificateRefs: [{name: x}]}}]',
    );
    const secret = secretYaml('s', createTestCertificate(['a']));
    const translation = translateRouteOf(both, secret, service, route('[{name: gw}]'));
    expect(translation.attachments.map(({ section }) => section)).toEqual(['http', 'https']);
    expect(translation.attached.map(({ section }) => section)).toEqual(['http', 'https', 'broken']);
  });

  it('carry what decides between equal routes', () => {
    const dated = route('[{name: gw}]').replace('name: r,', 'name: r, creationTimestamp: "2026-01-02T03:04:05Z",');
    expect(translateRouteOf(plainObjects, dated).attachments[0]).toMatchObject({
      gateway: 'default/gw',
      origin: 'HTTPRoute/default/r',
      precedence: { createdAt: '2026-01-02T03:04:05Z', object: 'default/r' },
      hostnames: ['*'],
    });
  });

  it('ask for default Gateways where there are none, and say so', () => {
    const translation = translateRouteOf(plainObjects, route('[{name: gw}]', 'useDefaultGateways: All, '));
    expect(conditionsOf(translation)).toContain('Accepted=True Accepted');
    expect(translation.diagnostics).toMatchObject([{ severity: 'warning', field: 'spec.useDefaultGateways' }]);
  });
});
