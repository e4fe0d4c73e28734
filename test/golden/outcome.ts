import {
  clusterLoadAssignmentType,
  clusterType,
  extensionConfigType,
  listenerType,
  routeConfigurationType,
  secretType,
  type TypeUrl,
} from '../../src/ads/type-url.ts';
import type { PipelineResult } from '../../src/control/pipeline.ts';
import type { Diagnostic } from '../../src/snapshot/diagnostic.ts';
import { describeRef } from '../../src/snapshot/object.ts';
import type { Condition } from '../../src/translate/translation.ts';
import { dumpResource } from '../../src/xds/dump.ts';
import type { Shown } from './case.ts';

const typeOf: { readonly [K in Exclude<Shown, 'statuses' | 'diagnostics'>]: TypeUrl } = {
  listeners: listenerType,
  routes: routeConfigurationType,
  clusters: clusterType,
  endpoints: clusterLoadAssignmentType,
  secrets: secretType,
  extensions: extensionConfigType,
};

function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && 'observedGeneration' in value && 'reason' in value;
}

/** Conditions as `Type: Status Reason`, with the message where something is wrong: what a reader looks for. */
function compactStatus(value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every(isCondition)) {
      return Object.fromEntries(
        value.map(({ type, status, reason, message }) => {
          const wrong = (status === 'False') !== (type === 'Conflicted');
          return [type, wrong ? `${status} ${reason}: ${message}` : `${status} ${reason}`];
        }),
      );
    }
    return value.map(compactStatus);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, compactStatus(entry)]));
}

export function describeDiagnostic({ severity, reason, object, field, message }: Diagnostic): string {
  const where = [object === undefined ? undefined : describeRef(object), field].filter((part) => part !== undefined);
  return `${severity} ${reason} ${where.join(' ')}: ${message}`;
}

/** What a case is compared with: only the parts that it shows. */
export function outcomeOf(
  { translation, resources }: PipelineResult,
  loading: readonly Diagnostic[],
  show: readonly Shown[],
): unknown {
  const outcome: { [part: string]: unknown } = {};
  for (const part of show) {
    if (part === 'statuses') {
      outcome[part] = Object.fromEntries(
        translation.statuses.map(({ ref, status }) => [describeRef(ref), compactStatus(status)]),
      );
    } else if (part === 'diagnostics') {
      outcome[part] = [...loading, ...translation.diagnostics].map(describeDiagnostic);
    } else {
      const type = typeOf[part];
      outcome[part] = Object.fromEntries(
        [...resources].map(([gateway, byType]) => [
          gateway,
          Object.fromEntries([...(byType.get(type) ?? [])].map(([name, resource]) => [name, dumpResource(resource)])),
        ]),
      );
    }
  }
  return JSON.parse(JSON.stringify(outcome)) as unknown;
}
