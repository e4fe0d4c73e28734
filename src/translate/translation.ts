import type { GatewayTemplateSpec } from '../../gen/kubernetes/types.ts';
import type { Ir } from '../ir/ir.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { ObjectRef } from '../snapshot/object.ts';
import type { CertificateUse } from './certificate-use.ts';

/** A condition before it is written: the writer adds the time and keeps the old one where nothing differs. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** The status that an object is to have, in the shape of its kind, with conditions of the type above. */
export interface ObjectStatus {
  readonly ref: ObjectRef;
  readonly status: unknown;
}

/**
 * A route, an Ingress or a ListenerSet that a listener, a Gateway or all of them do not take, and why; or, with a port
 * and the Gateway or ListenerSet as the object, a listener that does not serve.
 */
export interface Loss {
  readonly object: ObjectRef;
  /** Absent where no Gateway was found to ask. */
  readonly gateway?: GatewayName;
  /** The name of its section. Absent where the Gateway as a whole does not take it. */
  readonly listener?: string;
  /** Of a listener that does not serve. */
  readonly port?: number;
  readonly reason: string;
  readonly message: string;
}

/** A Gateway of one of our classes. */
export interface OwnGateway {
  readonly name: GatewayName;
  readonly gateway: ObjectRef;
  /** Its Envoys are to run, whether or not a listener is valid. */
  readonly accepted: boolean;
  /** How its Envoys are deployed, by its template and its class's. */
  readonly template: GatewayTemplateSpec;
}

/** All that translation makes of a snapshot. */
export interface Translation {
  readonly ir: Ir;
  /** Sorted by name. */
  readonly gateways: readonly OwnGateway[];
  /** Sorted by kind, namespace and name. */
  readonly statuses: readonly ObjectStatus[];
  readonly diagnostics: readonly Diagnostic[];
  /** Why objects are not attached, for explanations. */
  readonly losses: readonly Loss[];
  /** Certificates in use: whoever has a clock compares their ends with it. */
  readonly certificates: readonly CertificateUse[];
}
