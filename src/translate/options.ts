import { defaultEgressOptions, type EgressOptions } from './egress/options.ts';

/** What translation needs to know of the place it runs in. One value, frozen, parsed once. */
export interface TranslateOptions {
  readonly controllerName: string;
  /** Address that listeners bind where their Gateway asks for none. */
  readonly bindAddress: string;
  /** Added to each listener's port to get the bound one: 0, or for instance 10000 where low ports are not allowed. */
  readonly portOffset: number;
  /** Ports that an Envoy binds for itself. */
  readonly reservedPorts: readonly number[];
  /** All Gateways bind on one host, so that a port of an address can belong to one of them only. */
  readonly sharedHost: boolean;
  /** Clients reach a Gateway at what its Envoys bind (a laptop), or at the addresses of its Services (a cluster). */
  readonly addressSource: 'Bound' | 'Services';
  /** Endpoints on loopback, link-local and node addresses are normal here (a laptop) or refused (a cluster). */
  readonly allowLocalEndpoints: boolean;
  /** The GatewayClasses `sallyport` and `sallyport-egress` are there even where no object says so (a laptop). */
  readonly implicitClasses: boolean;
  /** The IngressClass `sallyport` and its Gateway are there even where no object says so (a laptop). */
  readonly implicitIngress: boolean;
  readonly egress: EgressOptions;
}

/** Envoys in Pods of their own: only what objects say is there. */
export const clusterOptions: TranslateOptions = {
  controllerName: 'sallyport.dev/gateway-controller',
  bindAddress: '0.0.0.0',
  portOffset: 0,
  reservedPorts: [19_001],
  sharedHost: false,
  addressSource: 'Services',
  allowLocalEndpoints: false,
  implicitClasses: false,
  implicitIngress: false,
  egress: defaultEgressOptions,
};

export const standaloneOptions: TranslateOptions = {
  controllerName: 'sallyport.dev/gateway-controller',
  bindAddress: '127.0.0.1',
  portOffset: 0,
  reservedPorts: [],
  sharedHost: true,
  addressSource: 'Bound',
  allowLocalEndpoints: true,
  implicitClasses: true,
  implicitIngress: true,
  egress: defaultEgressOptions,
};
