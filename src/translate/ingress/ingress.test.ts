import { describe, expect, it } from 'vitest';
import { translateCase } from '../../../test/golden/ingress-case.ts';

const a = 'a.example.com';
const web = 'shop/web:80';
const admin = 'shop/web:9000';

describe('paths', () => {
  it('are tried exact first, then by length', () => {
    expect(translateCase('path-types').routes('http/80', a)).toEqual([
      `Exact /foo/ -> ${web}`,
      `Exact /foo -> ${web}`,
      `Prefix /foo/bar -> ${admin}`,
      `Prefix /foo -> ${web}`,
      `Prefix / -> ${web}`,
    ]);
  });

  it('of type ImplementationSpecific are prefixes', () => {
    const { routes, diagnostics } = translateCase('path-implementation-specific');
    expect(routes('http/80', a)).toEqual([`Prefix /foo -> ${web}`, `Prefix / -> ${web}`]);
    expect(diagnostics).toEqual([]);
  });

  it('that the API server refuses are left out alone', () => {
    const { routes, diagnostics } = translateCase('path-invalid');
    expect(routes('http/80', a)).toEqual([`Prefix /good -> ${web}`]);
    expect(diagnostics).toEqual(
      [0, 1, 2, 3, 4].map((i) => `error InvalidPath Ingress shop/web spec.rules[0].http.paths[${i}].path`),
    );
  });

  it('that are equal go by age', () => {
    expect(translateCase('path-oldest').routes('http/80', a)?.[0]).toBe(`Prefix / -> ${web}`);
  });
});

describe('hosts', () => {
  it('with a wildcard stand for exactly one label', () => {
    const { routes } = translateCase('host-wildcard');
    expect(routes('http/80', a)).toEqual([`Prefix / (3 labels) -> ${web}`]);
    expect(routes('http/80', 'example.com')).toEqual([]);
  });

  it('that no rule names are served by the rules without a host', () => {
    const { routes } = translateCase('host-none');
    expect(routes('http/80', 'other.example.com')).toEqual([`Prefix /all -> ${web}`]);
    expect(routes('http/80', a)).toEqual([`Prefix / -> ${web}`]);
  });

  it('that the API server refuses are left out alone', () => {
    const { routes, diagnostics } = translateCase('host-invalid');
    expect(routes('http/80', 'good.example.com')).toEqual([`Prefix / -> ${web}`]);
    expect(diagnostics).toEqual([0, 1, 2].map((i) => `error InvalidHost Ingress shop/web spec.rules[${i}].host`));
  });
});

describe('the default backend', () => {
  it('takes what the Ingress leaves over, but no host of another Ingress', () => {
    const { routes } = translateCase('default-backend');
    expect(routes('http/80', a)).toEqual([`Prefix /web -> ${web}`, 'Prefix / -> shop/rest:80']);
    expect(routes('http/80', 'unknown.example.com')).toEqual(['Prefix / -> shop/rest:80']);
    expect(routes('http/80', 'b.example.com')).toEqual([`Prefix /web -> ${web}`]);
  });

  it('serves alone', () => {
    const { routes, diagnostics } = translateCase('default-backend-alone');
    expect(routes('http/80', a)).toEqual([`Prefix / -> ${web}`]);
    expect(diagnostics).toEqual([]);
  });

  it('serves the host of a rule without paths', () => {
    const { routes, diagnostics } = translateCase('default-backend-rule');
    expect(routes('http/80', a)).toEqual([`Prefix / -> ${web}`]);
    expect(diagnostics).toEqual(['warning NoBackend Ingress shop/empty spec.rules[0]']);
  });

  it('goes behind every rule, the oldest of several first', () => {
    expect(translateCase('default-backend-several').routes('http/80', a)).toEqual([
      `Prefix / -> ${web}`,
      'Prefix / -> shop/first:80',
      'Prefix / -> shop/second:80',
    ]);
  });
});

describe('backends', () => {
  it('are ports by number or name', () => {
    const { routes, ingresses } = translateCase('port-named');
    expect(routes('http/80', a)).toEqual([`Prefix /number -> ${admin}`, `Prefix /name -> ${admin}`]);
    expect(ingresses.clusters[0]?.requests.map((request) => request.name)).toEqual([admin]);
  });

  it('that are missing answer 503 on their path', () => {
    const { routes, diagnostics } = translateCase('backend-missing');
    expect(routes('http/80', a)).toEqual([
      'Prefix /service -> 503',
      'Prefix /number -> 503',
      'Prefix /name -> 503',
      `Prefix / -> ${web}`,
    ]);
    expect(diagnostics).toEqual(
      [0, 1, 2].map((i) => `error BackendNotFound Ingress shop/web spec.rules[0].http.paths[${i}].backend`),
    );
  });

  it('that are resources answer 500 and do not fall through', () => {
    const { routes, diagnostics } = translateCase('backend-resource');
    expect(routes('http/80', a)).toEqual(['Prefix /files -> 500', `Prefix / -> ${web}`]);
    expect(diagnostics).toEqual(['error UnsupportedValue Ingress shop/web spec.rules[0].http.paths[0].backend']);
  });
});
