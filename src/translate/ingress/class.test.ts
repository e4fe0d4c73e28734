import { describe, expect, it } from 'vitest';
import { translateCase } from '../../../test/golden/ingress-case.ts';
import { standaloneOptions } from '../options.ts';

const toWeb = ['Prefix / -> shop/web:80'];

describe('the class of an Ingress', () => {
  it('is named by the field, and the annotation beside it has no say', () => {
    const { routes, lost, diagnostics } = translateCase('class-field');
    expect(routes('http/80', 'a.example.com')).toEqual(toWeb);
    expect(routes('http/80', 'b.example.com')).toEqual([]);
    expect(lost).toEqual(['shop/foreign', 'shop/unknown']);
    expect(diagnostics).toEqual([]);
  });

  it('is named by the old annotation where the field is absent, and never by the default then', () => {
    const { routes, lost } = translateCase('class-annotation');
    expect(routes('http/80', 'a.example.com')).toEqual(toWeb);
    expect(lost).toEqual(['shop/foreign']);
  });

  it('is the default class where none is named', () => {
    expect(translateCase('class-default').served).toEqual(['shop/web by sallyport-system/ingress']);
  });

  it('is the default of another controller where that is the one', () => {
    const { served, lost } = translateCase('class-default-foreign');
    expect(served).toEqual([]);
    expect(lost).toEqual(['shop/web']);
  });

  it('is the newer of two defaults, and the other is told', () => {
    const { served, diagnostics } = translateCase('class-two-defaults');
    expect(served).toEqual(['shop/web by sallyport-system/ingress']);
    expect(diagnostics).toEqual([
      "warning SeveralDefaultClasses IngressClass nginx metadata.annotations['ingressclass.kubernetes.io/is-default-class']",
    ]);
  });

  it('is none where none is named and none is the default', () => {
    const { lost, diagnostics } = translateCase('class-none');
    expect(lost).toEqual(['shop/web']);
    expect(diagnostics).toEqual(['warning NoIngressClass Ingress shop/web spec.ingressClassName']);
    const inCluster = translateCase('class-none', { ...standaloneOptions, implicitIngress: false });
    expect(inCluster.diagnostics).toEqual([]);
  });

  it('is there without an object in standalone, unless an object takes its name', () => {
    const { served, routes, gatewayDiagnostics } = translateCase('class-implicit');
    expect(served).toEqual(['shop/web by sallyport-system/ingress']);
    expect(routes('http/80', 'a.example.com')).toEqual(toWeb);
    expect(gatewayDiagnostics).toEqual([]);
    expect(translateCase('class-replaced').lost).toEqual(['shop/web']);
    const inCluster = translateCase('class-implicit', { ...standaloneOptions, implicitIngress: false });
    expect(inCluster.lost).toEqual(['shop/web']);
  });
});

describe('the Gateway of a class', () => {
  it('is the one that its parameters name', () => {
    const { served, routes } = translateCase('class-gateway');
    expect(served).toEqual(['shop/web by infra/public']);
    expect(routes('http/8080', 'a.example.com')).toEqual(toWeb);
  });

  it('is reported where it does not exist', () => {
    const { diagnostics, lost } = translateCase('class-gateway-missing');
    expect(lost).toEqual(['shop/web']);
    expect(diagnostics).toEqual(['error GatewayNotFound Ingress shop/web spec.ingressClassName']);
  });

  it('is a Gateway with its namespace, and nothing else', () => {
    const { diagnostics, lost } = translateCase('class-parameters-invalid');
    expect(lost).toEqual(['shop/map', 'shop/scope']);
    expect(diagnostics).toEqual([
      'error InvalidParameters IngressClass map spec.parameters',
      'error InvalidParameters IngressClass scope spec.parameters',
      'error InvalidIngressClass Ingress shop/map spec.ingressClassName',
      'error InvalidIngressClass Ingress shop/scope spec.ingressClassName',
    ]);
  });

  it('takes Ingresses of the namespaces that its listeners allow', () => {
    const { routes, diagnostics } = translateCase('gateway-namespaces');
    expect(routes('http/8080', 'a.example.com')).toEqual(toWeb);
    expect(routes('http/8080', 'b.example.com')).toEqual([]);
    expect(diagnostics).toEqual(['error NotAllowedByListeners Ingress lab/web spec']);
  });

  it('serves the hosts that its listeners cover', () => {
    const { routes, diagnostics } = translateCase('gateway-hostnames');
    expect(routes('http/8080', 'a.example.com')).toEqual(toWeb);
    expect(routes('http/8080', 'a.example.org')).toBeUndefined();
    expect(routes('http/8080', 'one.example.com')).toEqual(['Prefix /all -> shop/web:80']);
    expect(routes('http/8080', 'other.example.com')).toEqual(['Prefix /all -> shop/web:80']);
    expect(diagnostics).toEqual(['error NotAllowedByListeners Ingress shop/outside spec']);
  });
});
