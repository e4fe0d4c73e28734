import type { Brand } from '../lib/brand.ts';

/** Names a resource type on the wire. */
export type TypeUrl = Brand<string, 'TypeUrl'>;

export const clusterType = 'type.googleapis.com/envoy.config.cluster.v3.Cluster' as TypeUrl;
export const clusterLoadAssignmentType =
  'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment' as TypeUrl;
export const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret' as TypeUrl;
export const listenerType = 'type.googleapis.com/envoy.config.listener.v3.Listener' as TypeUrl;
export const routeConfigurationType = 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration' as TypeUrl;
export const extensionConfigType = 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig' as TypeUrl;
