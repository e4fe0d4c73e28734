import { defaultEgressOptions, type EgressOptions } from './egress/options.ts';

/** What translation needs to know of the place it runs in. One value, frozen, parsed once. */
export interface TranslateOptions {
  readonly controllerName: string;
  /** Address that listeners bind where their Gateway asks for none. */
  readonly bindAddress: string;
  /** Added to each listener's port to get the bound one: 0, or for instance 10000 where low ports are not allowed. */
  readonly portOffset: number;
  /** All Gateways bind on one host, so that a port of an address can belong to one of them only. */
  readonly sharedHost: boolean;
  /** Endpoints on loopback, link-local and node addresses are normal here (a laptop) or refused (a cluster). */
  readonly allowLocalEndpoints: boolean;
  /** The GatewayClasses `sallyport` and `sallyport-egress` are there even where no object says so (a laptop). */
  readonly implicitClasses: boolean;
  /** The IngressClass `sallyport` and its Gateway are there even where no object says so (a laptop). */
  readonly implicitIngress: boolean;
  readonly egress: EgressOptions;
}

export const standaloneOptions: TranslateOptions = {
  controllerName: 'sallyport.dev/gateway-controller',
  bindAddress: '127.0.0.1',
  portOffset: 0,
  sharedHost: true,
  allowLocalEndpoints: true,
  implicitClasses: true,
  implicitIngress: true,
  egress: defaultEgressOptions,
};
