import { isIP } from 'node:net';
import type { Ingress, IngressBackend, IngressPath } from '../../../gen/kubernetes/types.ts';
import { type Path, pathOf, type Report } from './finding.ts';
import { isLabel, isSubdomain } from './metadata.ts';

/** Checks Kubernetes' written rules of Ingress. */
export function checkIngress({ spec }: Ingress, report: Report): void {
  if (spec.defaultBackend === undefined && (spec.rules ?? []).length === 0) {
    report('RequiredField', pathOf('spec'), 'An Ingress needs rules or a defaultBackend.');
  }
  if (spec.defaultBackend !== undefined) checkBackend(spec.defaultBackend, pathOf('spec', 'defaultBackend'), report);
  spec.rules?.forEach((rule, index) => {
    const at = pathOf('spec', 'rules', index);
    if (rule.host !== undefined) checkRuleHost(rule.host, { parent: at, key: 'host' }, report);
    if (rule.http?.paths.length === 0)
      report('RequiredField', pathOf('spec', 'rules', index, 'http', 'paths'), 'paths needs at least one entry.');
    rule.http?.paths.forEach((path, number) =>
      checkPath(path, pathOf('spec', 'rules', index, 'http', 'paths', number), report),
    );
  });
  spec.tls?.forEach((tls, index) => {
    tls.hosts?.forEach((host, number) => checkHost(host, pathOf('spec', 'tls', index, 'hosts', number), report));
    if (tls.secretName !== undefined && tls.secretName !== '' && !isSubdomain(tls.secretName))
      report('InvalidValue', pathOf('spec', 'tls', index, 'secretName'), 'This is no name that a Secret can have.');
  });
}

/** The host of a rule may be empty, for any, and is no address; neither holds for those of `tls`. */
function checkRuleHost(host: string, path: Path | undefined, report: Report): void {
  if (isIP(host) !== 0) report('InvalidValue', path, 'A host must be a DNS name, not an address.');
  else if (host !== '') checkHost(host, path, report);
}

function checkHost(host: string, path: Path | undefined, report: Report): void {
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (host.length > 253 || !isSubdomain(name)) {
    report(
      'InvalidValue',
      path,
      'A host must be a DNS name in lower case; "*" may stand only for the whole first label, as in *.example.com.',
    );
  }
}

function checkPath({ path, pathType, backend }: IngressPath, at: Path | undefined, report: Report): void {
  checkBackend(backend, { parent: at, key: 'backend' }, report);
  const field = { parent: at, key: 'path' };
  if (pathType === 'ImplementationSpecific') {
    if (path !== undefined && path !== '' && !path.startsWith('/'))
      report('InvalidValue', field, 'A path must start with "/".');
    return;
  }
  if (path === undefined || !path.startsWith('/')) {
    report('InvalidValue', field, `With pathType ${pathType} a path is required and must start with "/".`);
    return;
  }
  const forbidden = ['//', '/./', '/../', '%2f', '%2F'].find((part) => path.includes(part));
  if (forbidden !== undefined)
    report('InvalidValue', field, `With pathType ${pathType} a path can't hold "${forbidden}".`);
  const ending = ['/..', '/.'].find((part) => path.endsWith(part));
  if (ending !== undefined)
    report('InvalidValue', field, `With pathType ${pathType} a path can't end with "${ending}".`);
}

function checkBackend({ service, resource }: IngressBackend, at: Path | undefined, report: Report): void {
  if ((service === undefined) === (resource === undefined)) {
    report('InvalidValue', at, 'A backend names either a service or a resource.');
  }
  if (service === undefined) return;
  const below = { parent: at, key: 'service' };
  if (!isLabel(service.name))
    report('InvalidValue', { parent: below, key: 'name' }, 'This is no name that a Service can have.');
  const port = { parent: below, key: 'port' };
  const { name, number } = service.port ?? {};
  // Kubernetes reads an empty name and the number 0 as absent.
  const hasName = name !== undefined && name !== '';
  const hasNumber = number !== undefined && number !== 0;
  if (hasName === hasNumber) report('InvalidValue', port, 'The port of a service needs either name or number.');
  if (hasNumber && (number < 1 || number > 65_535))
    report('InvalidValue', { parent: port, key: 'number' }, 'A port is from 1 to 65535.');
  if (hasName && !isPortName(name)) report('InvalidValue', { parent: port, key: 'name' }, portNameRule);
}

export const portNameRule =
  'The name of a port has at most 15 lower case letters, digits and "-", at least one letter, no "--", and no "-" at an end.';

/** An IANA service name, as Kubernetes takes for ports that others refer to (RFC 6335 section 5.1). */
export function isPortName(name: string): boolean {
  return name.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && /[a-z]/.test(name);
}
