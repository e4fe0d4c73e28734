import { describe, expect, it } from 'vitest';
import { caYaml, createTestCertificate } from '../../../test/fixture/certificate.ts';
import { parseObjects, readerOf, viewOf } from '../../../test/fixture/view.ts';
import { standaloneOptions } from '../options.ts';
import { translateBackendTlsPolicy } from './backend-tls-policy.ts';

const ca = caYaml('ConfigMap', 'ca', createTestCertificate(['ca']).chain);
const service = 'kind: Service\nmetadata: {name: a, namespace: default}\nspec: {ports: [{name: web, port: 80}]}';
const target = '{group: "", kind: Service, name: a}';
const good = 'validation: {hostname: a, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}';

function policy(spec: string, name = 'p', created = '2026-01-02T00:00:00Z'): string {
  return `kind: BackendTLSPolicy\nmetadata: {name: ${name}, namespace: default, creationTimestamp: "${created}", generation: 4}\nspec: {${spec}}`;
}

function translate(...documents: readonly string[]) {
  const view = viewOf(parseObjects(documents.join('\n---\n')));
  const object = [...view.BackendTLSPolicy.values()].find((entry) => entry.metadata.name === 'p');
  if (object === undefined) throw new Error('no policy p');
  return translateBackendTlsPolicy(readerOf(view), object, [{ namespace: 'default', name: 'gw' }], standaloneOptions);
}

function conditions(...documents: readonly string[]): readonly string[] {
  const [ancestor] = translate(...documents).ancestors;
  return (ancestor?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

describe('translateBackendTlsPolicy', () => {
  it('reports to each Gateway', () => {
    const { ancestors, diagnostics } = translate(service, ca, policy(`targetRefs: [${target}], ${good}`));
    expect(ancestors).toMatchObject([
      {
        ancestorRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default', name: 'gw' },
        controllerName: standaloneOptions.controllerName,
        conditions: [
          { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: 4 },
          { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', observedGeneration: 4 },
        ],
      },
    ]);
    expect(diagnostics).toEqual([]);
  });

  it.each([
    [
      'a ConfigMap that is not there',
      good.replace('name: ca', 'name: x'),
      'NoValidCACertificate',
      'False InvalidCACertificateRef',
    ],
    ['a kind that holds no CA', good.replace('ConfigMap', 'Bundle'), 'NoValidCACertificate', 'False InvalidKind'],
    [
      'an unknown well-known set',
      'validation: {hostname: a, wellKnownCACertificates: x.dev/y}',
      'Invalid',
      'True ResolvedRefs',
    ],
    ['options', `${good}, options: {x.dev/y: z}`, 'UnsupportedValue', 'True ResolvedRefs'],
  ])('is not accepted with %s', (_, spec, accepted, resolved) => {
    expect(conditions(service, ca, policy(`targetRefs: [${target}], ${spec}`))).toEqual([
      `Accepted=False ${accepted}`,
      `ResolvedRefs=${resolved}`,
    ]);
  });

  it('says of one that can not be read what is wrong with it, and leaves the finding to whoever read it', () => {
    const standIn = `${policy(`targetRefs: [${target}], validation: {hostname: ""}`)}\nunreadable: 'spec.x: Unknown.'`;
    const { ancestors, diagnostics } = translate(service, standIn);
    const accepted = { type: 'Accepted', status: 'False', reason: 'Invalid', message: 'spec.x: Unknown.' };
    expect([ancestors, diagnostics]).toEqual([
      [expect.objectContaining({ conditions: [{ ...accepted, observedGeneration: 4 }] })],
      [],
    ]);
  });

  it('is accepted with one good CA beside a bad one', () => {
    const spec =
      'validation: {hostname: a, caCertificateRefs: [{group: "", kind: ConfigMap, name: x}, {group: "", kind: ConfigMap, name: ca}]}';
    expect(conditions(service, ca, policy(`targetRefs: [${target}], ${spec}`))).toEqual([
      'Accepted=True Accepted',
      'ResolvedRefs=False InvalidCACertificateRef',
    ]);
  });

  it.each([
    ['a Service that is not there', '{group: "", kind: Service, name: b}', 'TargetNotFound'],
    ['a port that is not there', '{group: "", kind: Service, name: a, sectionName: admin}', 'TargetNotFound'],
    ['another kind', '{group: "", kind: Pod, name: a}', 'UnsupportedValue'],
  ])('is not accepted for %s', (_, ref, reason) => {
    expect(conditions(service, ca, policy(`targetRefs: [${ref}], ${good}`))[0]).toBe(`Accepted=False ${reason}`);
  });

  it.each([
    [
      'an older one',
      policy(`targetRefs: [${target}], ${good}`, 'z', '2026-01-01T00:00:00Z'),
      'Accepted=False Conflicted',
    ],
    [
      'a younger one',
      policy(`targetRefs: [${target}], ${good}`, 'a', '2026-01-03T00:00:00Z'),
      'Accepted=True Accepted',
    ],
    [
      'one of the same age whose name is first',
      policy(`targetRefs: [${target}], ${good}`, 'a'),
      'Accepted=False Conflicted',
    ],
    [
      'one for a port',
      policy(
        `targetRefs: [{group: "", kind: Service, name: a, sectionName: web}], ${good}`,
        'a',
        '2026-01-01T00:00:00Z',
      ),
      'Accepted=True Accepted',
    ],
  ])('stands beside %s', (_, other, condition) => {
    expect(conditions(service, ca, policy(`targetRefs: [${target}], ${good}`), other)[0]).toBe(condition);
  });
});
