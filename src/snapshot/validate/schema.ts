import type { Kind } from '../object.ts';
import BackendTLSPolicy from '../../../gen/kubernetes/schemas/BackendTLSPolicy.json' with { type: 'json' };
import ConfigMap from '../../../gen/kubernetes/schemas/ConfigMap.json' with { type: 'json' };
import Egress from '../../../gen/kubernetes/schemas/Egress.json' with { type: 'json' };
import EndpointSlice from '../../../gen/kubernetes/schemas/EndpointSlice.json' with { type: 'json' };
import GRPCRoute from '../../../gen/kubernetes/schemas/GRPCRoute.json' with { type: 'json' };
import Gateway from '../../../gen/kubernetes/schemas/Gateway.json' with { type: 'json' };
import GatewayClass from '../../../gen/kubernetes/schemas/GatewayClass.json' with { type: 'json' };
import GatewayTemplate from '../../../gen/kubernetes/schemas/GatewayTemplate.json' with { type: 'json' };
import HTTPRoute from '../../../gen/kubernetes/schemas/HTTPRoute.json' with { type: 'json' };
import Ingress from '../../../gen/kubernetes/schemas/Ingress.json' with { type: 'json' };
import IngressClass from '../../../gen/kubernetes/schemas/IngressClass.json' with { type: 'json' };
import ListenerSet from '../../../gen/kubernetes/schemas/ListenerSet.json' with { type: 'json' };
import Namespace from '../../../gen/kubernetes/schemas/Namespace.json' with { type: 'json' };
import Node from '../../../gen/kubernetes/schemas/Node.json' with { type: 'json' };
import Pod from '../../../gen/kubernetes/schemas/Pod.json' with { type: 'json' };
import ReferenceGrant from '../../../gen/kubernetes/schemas/ReferenceGrant.json' with { type: 'json' };
import Secret from '../../../gen/kubernetes/schemas/Secret.json' with { type: 'json' };
import Service from '../../../gen/kubernetes/schemas/Service.json' with { type: 'json' };
import ServiceImport from '../../../gen/kubernetes/schemas/ServiceImport.json' with { type: 'json' };
import TCPRoute from '../../../gen/kubernetes/schemas/TCPRoute.json' with { type: 'json' };
import TLSRoute from '../../../gen/kubernetes/schemas/TLSRoute.json' with { type: 'json' };
import UDPRoute from '../../../gen/kubernetes/schemas/UDPRoute.json' with { type: 'json' };
import XBackend from '../../../gen/kubernetes/schemas/XBackend.json' with { type: 'json' };
import XBackendTrafficPolicy from '../../../gen/kubernetes/schemas/XBackendTrafficPolicy.json' with { type: 'json' };

/** The part of a structural OpenAPI schema that the generated files use. */
export interface Schema {
  readonly type?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

// The generated files are wider than any type TypeScript infers for them; the generator writes only these keywords.
export const schemas = {
  BackendTLSPolicy,
  ConfigMap,
  Egress,
  EndpointSlice,
  GRPCRoute,
  Gateway,
  GatewayClass,
  GatewayTemplate,
  HTTPRoute,
  Ingress,
  IngressClass,
  ListenerSet,
  Namespace,
  Node,
  Pod,
  ReferenceGrant,
  Secret,
  Service,
  ServiceImport,
  TCPRoute,
  TLSRoute,
  UDPRoute,
  XBackend,
  XBackendTrafficPolicy,
} as unknown as { readonly [K in Kind]: Schema };
