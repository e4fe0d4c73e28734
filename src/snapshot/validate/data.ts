import type { ConfigMap, Secret } from '../../../gen/kubernetes/types.ts';
import { pathOf, type Report } from './finding.ts';

const dataKey = /^[-._a-zA-Z0-9]{1,253}$/;
const maxBytes = 1024 * 1024;

/** Checks Kubernetes' written rules of Secret. Messages never hold a value. */
export function checkSecret({ type, data = {} }: Secret, report: Report): void {
  checkKeys(data, 'data', report);
  if (sizeOf(data, 'base64') > maxBytes) report('InvalidValue', pathOf('data'), 'A Secret holds at most 1 MiB.');
  if (type !== 'kubernetes.io/tls') return;
  for (const key of ['tls.crt', 'tls.key']) {
    if (data[key] === undefined)
      report('RequiredField', pathOf('data', key), `A Secret of type kubernetes.io/tls needs ${key}.`);
  }
}

/** Checks Kubernetes' written rules of ConfigMap. */
export function checkConfigMap({ data = {}, binaryData = {} }: ConfigMap, report: Report): void {
  checkKeys(data, 'data', report);
  checkKeys(binaryData, 'binaryData', report);
  if (sizeOf(data, 'utf8') + sizeOf(binaryData, 'base64') > maxBytes)
    report('InvalidValue', pathOf('data'), 'A ConfigMap holds at most 1 MiB.');
  for (const key of Object.keys(binaryData)) {
    if (data[key] !== undefined)
      report(
        'DuplicateValue',
        pathOf('binaryData', key),
        `data has the key ${key} too; a key may stand in one of them.`,
      );
  }
}

function sizeOf(data: { readonly [key: string]: string }, encoding: 'base64' | 'utf8'): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, encoding), 0);
}

function checkKeys(data: { readonly [key: string]: string }, field: string, report: Report): void {
  for (const key of Object.keys(data)) {
    if (dataKey.test(key) && key !== '.' && !key.startsWith('..')) continue;
    report(
      'InvalidValue',
      pathOf(field, key),
      'A key has at most 253 letters, digits, "-", "_" and ".", and does not start with "..".',
    );
  }
}

/** A Secret with what stringData says put into data, as the API server stores it. */
export function mergeStringData({ stringData, ...secret }: Secret): Secret {
  if (stringData === undefined) return secret;
  const encoded: { [key: string]: string } = { ...secret.data };
  for (const [key, value] of Object.entries(stringData)) encoded[key] = Buffer.from(value, 'utf8').toString('base64');
  return { ...secret, data: encoded };
}
