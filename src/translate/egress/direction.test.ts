import { describe, expect, it } from 'vitest';
import { parseObjects, viewOf } from '../../../test/fixture/view.ts';
import { createTestCertificate, secretYaml } from '../../../test/fixture/certificate.ts';
import { gatewayName, originOf } from '../../ir/name.ts';
import { createMemo } from '../../lib/memo.ts';
import { standaloneOptions } from '../options.ts';
import type { Quarantine } from '../quarantine.ts';
import type { TranslationSources } from '../sources.ts';
import { translateEgressDirection } from './direction.ts';
import { defaultEgressOptions } from './options.ts';
import { nothingTranslated } from '../sources.ts';

const gateway = `
kind: Gateway
metadata: {name: out, namespace: edge, generation: 3}
spec:
  gatewayClassName: sallyport-egress
  listeners:
  - {name: proxy, port: 3128, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
---
kind: Pod
metadata: {name: one, namespace: shop, labels: {app: one}}
spec: {serviceAccountName: payer, containers: []}
status: {podIP: 10.0.0.1}
---`;

function translate(text: string, quarantine: Quarantine = new Map()) {
  const sources = { ...viewOf(parseObjects(text)), ...nothingTranslated };
  return translateEgressDirection(
    createMemo<TranslationSources>(),
    sources,
    standaloneOptions,
    defaultEgressOptions,
    quarantine,
  );
}

interface Shown {
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly parents: readonly { readonly parentRef: object; readonly conditions: Shown['conditions'] }[];
  readonly listeners: readonly {
    readonly name: string;
    readonly attachedRoutes: number;
    readonly conditions: Shown['conditions'];
  }[];
}

function statusOf(direction: ReturnType<typeof translate>, kind: string, name: string): Shown {
  // The shapes of both kinds' statuses are the writer's affair; here all fields of either are looked at.
  return direction.statuses.find(({ ref }) => ref.kind === kind && ref.name === name)?.status as Shown;
}

function conditionsOf(conditions: Shown['conditions']): string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

const rule = (text: string) => `
kind: Egress
metadata: {name: e, namespace: shop, generation: 7}
spec:
  from: {podSelector: {matchLabels: {app: one}}}
  rules:
  - ${text}
`;

function targetsOf(direction: ReturnType<typeof translate>) {
  const listener = direction.gateways[0]?.listeners[0];
  if (listener?.kind !== 'ForwardProxy') throw new Error('no forward proxy');
  return listener.targets;
}

describe('an Egress', () => {
  it('is carried by every Gateway of the class that allows its namespace', () => {
    const direction = translate(
      gateway + rule('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]}'),
    );
    const status = statusOf(direction, 'Egress', 'e');
    expect(conditionsOf(status.conditions)).toEqual([
      'Accepted=True Accepted',
      'ResolvedRefs=True ResolvedRefs',
      'Enforced=False NotSupported',
    ]);
    expect(status.parents).toMatchObject([{ parentRef: { kind: 'Gateway', namespace: 'edge', name: 'out' } }]);
    expect(conditionsOf(status.parents[0]?.conditions ?? [])).toEqual([
      'Accepted=True Accepted',
      'ResolvedRefs=True ResolvedRefs',
      'Programmed=True Programmed',
    ]);
    expect(statusOf(direction, 'Gateway', 'out').listeners).toMatchObject([{ name: 'proxy', attachedRoutes: 1 }]);
    expect(direction.gateways[0]?.listeners[0]?.callers).toEqual([
      { address: '10.0.0.1', pod: 'shop/one', serviceAccount: 'shop/payer', egresses: ['shop/e'] },
    ]);
    expect(direction.diagnostics).toEqual([]);
  });

  it('is carried by no Gateway that does not allow its namespace', () => {
    const direction = translate(
      gateway.replace('from: All', 'from: Same') +
        rule('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]}'),
    );
    expect(conditionsOf(statusOf(direction, 'Egress', 'e').conditions)[0]).toBe('Accepted=False NoMatchingParent');
    expect(targetsOf(direction)).toEqual([]);
    expect(direction.diagnostics).toMatchObject([{ severity: 'error', reason: 'NoMatchingParent' }]);
  });

  it('hears from the Gateway that it names, which does not take it', () => {
    const text = rule('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]}').replace(
      'spec:',
      'spec:\n  gatewayRef: {name: out, namespace: edge}',
    );
    const status = statusOf(translate(gateway.replace('from: All', 'from: Same') + text), 'Egress', 'e');
    expect(conditionsOf(status.parents[0]?.conditions ?? [])).toEqual([
      'Accepted=False NotAllowedByListeners',
      'Programmed=False Invalid',
    ]);
  });

  it('denies every request of a Deny rule whose expression RE2 refuses', () => {
    const direction = translate(
      gateway +
        rule(
          '{name: r, action: Deny, to: [{hosts: [a.example], ports: [{port: 8080, protocol: HTTP}]}], http: [{path: {type: RegularExpression, value: "("}}]}',
        ),
    );
    expect(targetsOf(direction)).toMatchObject([
      {
        pattern: { kind: 'Exact', host: 'a.example' },
        port: 8080,
        routes: [{ match: { form: 'Any', methods: [] }, action: { kind: 'Refuse' } }],
      },
    ]);
    expect(conditionsOf(statusOf(direction, 'Egress', 'e').conditions)[0]).toBe('Accepted=False UnsupportedValue');
    expect(direction.diagnostics).toMatchObject([{ field: 'spec.rules[0].http[0].path.value' }]);
  });

  it('denies every address by a Deny rule whose range can not be read', () => {
    const direction = translate(
      gateway + rule('{name: r, action: Deny, to: [{cidrs: ["1::2::3"], ports: [{port: 8080, protocol: TCP}]}]}'),
    );
    expect(targetsOf(direction).map((target) => target.pattern)).toEqual([
      { kind: 'Range', range: '0.0.0.0/0' },
      { kind: 'Range', range: '::/0' },
    ]);
  });

  it('allows nothing by a rule none of whose http entries can be read', () => {
    const direction = translate(
      gateway +
        rule(
          '{name: r, to: [{hosts: [a.example], ports: [{port: 8080, protocol: HTTP}]}], http: [{path: {type: RegularExpression, value: "("}}]}',
        ),
    );
    expect(targetsOf(direction)[0]?.routes).toMatchObject([{ action: { kind: 'Refuse' } }]);
  });

  it('refuses what it can not originate TLS for', () => {
    const direction = translate(
      gateway +
        rule(
          '{name: r, to: [{hosts: [a.example], ports: [{port: 8443, protocol: HTTPS}]}], tls: {mode: Originate, caCertificateRefs: [{name: gone}]}}',
        ),
    );
    expect(targetsOf(direction)[0]?.routes).toMatchObject([
      {
        match: { form: 'Request' },
        action: { kind: 'Refuse', why: "rule shop/e/r can't be served: ConfigMap shop/gone does not exist." },
      },
    ]);
    expect(conditionsOf(statusOf(direction, 'Egress', 'e').conditions)[1]).toBe(
      'ResolvedRefs=False InvalidCACertificateRef',
    );
  });

  it('keeps denying, and allows nothing, where Envoy refuses its configuration', () => {
    const text =
      gateway +
      rule(
        '{name: r, to: [{hosts: [a.example], ports: [{port: 8080, protocol: HTTP}]}]}\n  - {name: d, action: Deny, to: [{hosts: [b.example], ports: [{port: 8080, protocol: HTTP}]}], http: [{path: {value: /x}}]}',
      );
    const direction = translate(
      text,
      new Map([[gatewayName('edge', 'out'), new Map([[originOf('Egress/shop/e'), 'no such thing']])]]),
    );
    expect(targetsOf(direction)).toMatchObject([
      { pattern: { host: 'a.example' }, routes: [{ action: { kind: 'Refuse' } }] },
      { pattern: { host: 'b.example' }, routes: [{ match: { form: 'Any' }, action: { kind: 'Refuse' } }] },
    ]);
    expect(statusOf(direction, 'Egress', 'e').conditions[0]).toMatchObject({ type: 'Accepted', status: 'False' });
  });

  it('is told to be refused on a Gateway with the longest name too', () => {
    const name = 'g'.repeat(253);
    const direction = translate(
      gateway.replace('name: out', `name: ${name}`) +
        rule('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]}'),
      new Map([[gatewayName('edge', name), new Map([[originOf('Egress/shop/e'), 'no such thing']])]]),
    );
    expect(statusOf(direction, 'Egress', 'e').conditions[0]).toMatchObject({ type: 'Accepted', status: 'False' });
  });
});

describe('callers', () => {
  const pods = (extra: string) =>
    `${gateway}${extra}---${rule('{name: r, to: [{hosts: [a.example], ports: [{port: 80, protocol: HTTP}]}]}')}`;
  const callersOf = (text: string) => translate(text).gateways[0]?.listeners[0]?.callers.map((caller) => caller.pod);

  it('are no Pods that have ended, and none with the address of their node', () => {
    expect(
      callersOf(
        pods(`
kind: Pod
metadata: {name: done, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.0.2, phase: Succeeded}
---
kind: Pod
metadata: {name: host, namespace: shop}
spec: {hostNetwork: true, containers: []}
status: {podIP: 10.0.0.3}
`),
      ),
    ).toEqual(['shop/one']);
  });

  it('are no Pods that share an address, as neither can be told from the other', () => {
    const direction = translate(
      pods(`
kind: Pod
metadata: {name: twin, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.0.1}
`),
    );
    expect(direction.gateways[0]?.listeners[0]?.callers).toEqual([]);
    expect(direction.diagnostics).toMatchObject([{ severity: 'warning', reason: 'AmbiguousAddress' }]);
  });

  it('have both families of addresses, in their canonical spelling', () => {
    const direction = translate(
      pods(`
kind: Pod
metadata: {name: dual, namespace: shop}
spec: {containers: []}
status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}, {ip: "FD00:0::2"}]}
`),
    );
    expect(direction.gateways[0]?.listeners[0]?.callers.map((caller) => caller.address)).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      'fd00::2',
    ]);
  });
});

describe('the listeners of an egress Gateway', () => {
  const listenersOf = (listeners: string) =>
    statusOf(
      translate(`
kind: Gateway
metadata: {name: out, namespace: edge}
spec:
  gatewayClassName: sallyport-egress
  listeners: [${listeners}]
`),
      'Gateway',
      'out',
    ).listeners.map(({ conditions }) =>
      conditionsOf(conditions)
        .filter((text) => /Accepted|ResolvedRefs/.test(text))
        .join(', '),
    );

  it.each([
    ['{name: a, port: 1, protocol: HTTP}', 'Accepted=True Accepted, ResolvedRefs=True ResolvedRefs'],
    [
      '{name: a, port: 1, protocol: TLS, tls: {mode: Passthrough}}',
      'Accepted=True Accepted, ResolvedRefs=True ResolvedRefs',
    ],
    [
      '{name: a, port: 1, protocol: TLS, tls: {mode: Terminate}}',
      'Accepted=False UnsupportedValue, ResolvedRefs=True ResolvedRefs',
    ],
    ['{name: a, port: 1, protocol: HTTPS}', 'Accepted=True Accepted, ResolvedRefs=False InvalidCertificateRef'],
    ['{name: a, port: 1, protocol: TCP}', 'Accepted=False UnsupportedProtocol, ResolvedRefs=True ResolvedRefs'],
    [
      '{name: a, port: 1, protocol: HTTP, hostname: a.example}',
      'Accepted=False UnsupportedValue, ResolvedRefs=True ResolvedRefs',
    ],
    [
      '{name: a, port: 1, protocol: HTTP, allowedRoutes: {kinds: [{kind: HTTPRoute}]}}',
      'Accepted=True Accepted, ResolvedRefs=False InvalidRouteKinds',
    ],
  ])('say what is wrong: %s', (listener, wanted) => {
    expect(listenersOf(listener)).toEqual([wanted]);
  });

  it('do not share a port', () => {
    expect(
      listenersOf('{name: a, port: 1, protocol: HTTP}, {name: b, port: 1, protocol: TLS, tls: {mode: Passthrough}}'),
    ).toEqual([
      'Accepted=False ProtocolConflict, ResolvedRefs=True ResolvedRefs',
      'Accepted=False ProtocolConflict, ResolvedRefs=True ResolvedRefs',
    ]);
  });

  it('take certificates for a forward proxy over TLS', () => {
    const direction = translate(`
kind: Gateway
metadata: {name: out, namespace: edge}
spec:
  gatewayClassName: sallyport-egress
  listeners: [{name: a, port: 1, protocol: HTTPS, tls: {certificateRefs: [{name: c}]}}]
---
${secretYaml('c', createTestCertificate(['proxy.example']), 'edge')}`);
    expect(direction.gateways).toMatchObject([
      { listeners: [{ certificates: ['Secret/edge/c'] }], secrets: [{ name: 'Secret/edge/c' }] },
    ]);
  });
});

describe('the guard', () => {
  it('opens for ranges within it that a rule names, and for none that are wider', () => {
    const direction = translate(
      gateway +
        rule(
          '{name: r, to: [{hosts: [a.example], cidrs: [10.1.0.0/16, 169.254.0.0/16, 0.0.0.0/0], ports: [{port: 8080, protocol: HTTP}]}]}',
        ),
    );
    const action = targetsOf(direction).find((target) => target.pattern.kind === 'Exact')?.routes[0]?.action;
    if (action?.kind !== 'Forward') throw new Error('no forward');
    const { refusedRanges } = action.upstream;
    expect(refusedRanges).not.toContain('10.0.0.0/8');
    expect(refusedRanges).toContain('10.128.0.0/9');
    expect(refusedRanges).not.toContain('169.254.0.0/16');
    // The address of the metadata server stands by itself, so a range around it does not open it.
    expect(refusedRanges).toContain('169.254.169.254/32');
    expect(refusedRanges).toContain('127.0.0.0/8');
    expect(refusedRanges).toContain('::ffff:0:0/96');
  });
});
