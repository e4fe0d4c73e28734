import type { Kind, KindInfo } from '../object.ts';
import { pathOf, type Report } from './finding.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** Whether a name is one DNS label, of at most 63 characters (RFC 1123). */
export function isLabel(name: string): boolean {
  return name.length <= 63 && label.test(name);
}

/** Whether a name is DNS labels joined by dots, of at most 253 characters (RFC 1123). */
export function isSubdomain(name: string): boolean {
  return name.length <= 253 && subdomain.test(name);
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

/** Checks what the API server checks of every object's metadata. */
export function checkMetadata(kind: Kind, info: KindInfo, metadata: Metadata, report: Report): void {
  checkName(kind, metadata.name, report);
  if (info.namespaced && metadata.namespace !== undefined && !isLabel(metadata.namespace)) {
    report('InvalidValue', pathOf('metadata', 'namespace'), `A namespace's name ${labelRule}.`);
  }
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    const path = pathOf('metadata', 'labels', key);
    checkKey(key, path, report);
    if (value !== '' && !(value.length <= 63 && qualifiedName.test(value))) {
      report(
        'InvalidValue',
        path,
        'A label has at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends.',
      );
    }
  }
  checkAnnotations(metadata.annotations ?? {}, report);
}

const maxAnnotationBytes = 256 * 1024;

function checkAnnotations(annotations: { readonly [key: string]: string }, report: Report): void {
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    // Unlike labels, annotations may have upper case letters in their domain.
    checkKey(key.toLowerCase(), pathOf('metadata', 'annotations', key), report);
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > maxAnnotationBytes)
    report('InvalidValue', pathOf('metadata', 'annotations'), 'Annotations have at most 256 KiB in all.');
}

const labelRule = 'has at most 63 lower case letters, digits and "-", with a letter or digit at both ends';

function checkName(kind: Kind, name: string | undefined, report: Report): void {
  const path = pathOf('metadata', 'name');
  if (name === undefined || name === '') {
    report('RequiredField', path, 'metadata.name is required; generateName works only in a cluster.');
  } else if (kind === 'Namespace' || kind === 'Service') {
    if (!isLabel(name)) report('InvalidValue', path, `The name of a ${kind} ${labelRule}.`);
  } else if (!isSubdomain(name)) {
    const rule =
      'has at most 253 lower case letters, digits, "-" and ".", with a letter or digit at both ends of each part';
    report('InvalidValue', path, `The name of a ${kind} ${rule}.`);
  }
}

function checkKey(key: string, path: ReturnType<typeof pathOf>, report: Report): void {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  const prefixFits = slash === -1 || isSubdomain(key.slice(0, slash));
  if (prefixFits && name.length <= 63 && qualifiedName.test(name)) return;
  const rule = 'a name of at most 63 letters, digits, "-", "_" and ".", if wanted with a domain and "/" in front';
  report('InvalidValue', path, `The key must be ${rule}.`);
}
