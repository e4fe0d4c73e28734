import type { Gateway } from '../../../gen/kubernetes/types.ts';
import { certificatesOption } from '../gateway-api/listener-tls.ts';
import type { TranslateOptions } from '../options.ts';

export interface GatewayRef {
  readonly namespace: string;
  readonly name: string;
}

/** The IngressClass that is there without an object where `implicitIngress` is set. */
export const implicitClassName = 'sallyport';

/** The Gateway that serves an IngressClass without spec.parameters. */
export const ingressGateway: GatewayRef = { namespace: 'sallyport-system', name: 'ingress' };

/** The Secret beside that Gateway with the certificate for hosts that bring none. */
export const ingressDefaultCertificate = 'ingress-default';

/**
 * The Gateway that a folder gets when an Ingress needs it and no object says how it is to be: ports 80 and 443, open
 * to Ingresses of every namespace. Without the default certificate its HTTPS listener has none of its own, which the
 * specification allows with options, and only hosts that bring a certificate are served there.
 */
export function implicitIngressGateway(options: TranslateOptions, hasDefaultCertificate: boolean): Gateway {
  const allowedRoutes = { namespaces: { from: 'All' as const } };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: ingressGateway.namespace, name: ingressGateway.name, generation: 1 },
    spec: {
      gatewayClassName: 'sallyport',
      addresses: [{ type: 'IPAddress', value: options.bindAddress }],
      listeners: [
        { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes },
        {
          name: 'https',
          port: 443,
          protocol: 'HTTPS',
          tls: hasDefaultCertificate
            ? { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: ingressDefaultCertificate }] }
            : { mode: 'Terminate', options: { [certificatesOption]: 'Ingress' } },
          allowedRoutes,
        },
      ],
    },
    status: {},
  };
}
