import { isIP } from 'node:net';
import type { Service } from '../../../gen/kubernetes/types.ts';
import { pathOf, type Report } from './finding.ts';
import { isPortName, portNameRule } from './ingress.ts';
import { isLabel, isSubdomain } from './metadata.ts';

/** Checks Kubernetes' written rules of Service. */
export function checkService({ spec }: Service, report: Report): void {
  const ports = spec.ports ?? [];
  if (spec.type === 'ExternalName') {
    const at = pathOf('spec', 'externalName');
    if (spec.externalName === undefined)
      report('RequiredField', at, 'externalName is required with type ExternalName.');
    else if (!isSubdomain(spec.externalName.replace(/\.$/, '')))
      report('InvalidValue', at, 'externalName must be a DNS name in lower case.');
  } else if (ports.length === 0 && spec.clusterIP !== 'None') {
    report('RequiredField', pathOf('spec', 'ports'), 'A Service needs at least one port.');
  }
  if (
    spec.clusterIP !== undefined &&
    spec.clusterIP !== '' &&
    spec.clusterIP !== 'None' &&
    isIP(spec.clusterIP) === 0
  ) {
    report('InvalidValue', pathOf('spec', 'clusterIP'), 'clusterIP must be an address, or None.');
  }
  checkPorts(ports, report);
}

function checkPorts(ports: NonNullable<Service['spec']['ports']>, report: Report): void {
  const names = new Set<string>();
  ports.forEach((port, index) => {
    const at = pathOf('spec', 'ports', index);
    if (port.port < 1 || port.port > 65_535)
      report('InvalidValue', { parent: at, key: 'port' }, 'A port is from 1 to 65535.');
    const { targetPort, name = '' } = port;
    if (typeof targetPort === 'number' && (targetPort < 1 || targetPort > 65_535)) {
      report('InvalidValue', { parent: at, key: 'targetPort' }, 'A port is from 1 to 65535.');
    }
    if (typeof targetPort === 'string' && !isPortName(targetPort))
      report('InvalidValue', { parent: at, key: 'targetPort' }, portNameRule);
    const field = { parent: at, key: 'name' };
    if (name === '') {
      if (ports.length > 1) report('RequiredField', field, 'With several ports each needs a name.');
    } else if (!isLabel(name)) report('InvalidValue', field, 'The name of a port is a DNS label in lower case.');
    else if (names.has(name))
      report('DuplicateValue', field, `Another port is named ${name}; names of ports must be unique.`);
    names.add(name);
  });
}
