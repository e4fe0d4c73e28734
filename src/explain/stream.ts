import type { PassthroughChain, TcpListener, TerminatingStreamChain } from '../ir/listener.ts';
import type { ClusterName, RouteName } from '../ir/name.ts';
import type { StreamForward } from '../ir/stream.ts';

/** Where a connection goes that nobody here reads HTTP from. */
export interface StreamOutcome {
  readonly kind: 'Stream';
  /** Absent where no route is attached: the connection is closed. */
  readonly route?: RouteName;
  /** Empty where it is closed. */
  readonly clusters: readonly { readonly cluster: ClusterName; readonly weight: number }[];
  readonly why: string;
}

function describeForward({ route, clusters, invalidWeight }: StreamForward): string {
  if (clusters.length === 0) return `is closed, as no backend of ${route} can be used`;
  const closed = invalidWeight === 0 ? '' : `, and closed for weight ${invalidWeight}, as some backends can't be used`;
  return `goes on as it is, by ${route}${closed}; what is answered is the backend's to say`;
}

function outcomeOf(place: string, forward: StreamForward): StreamOutcome {
  const { route, clusters } = forward;
  return { kind: 'Stream', route, clusters, why: `${place}; the connection ${describeForward(forward)}` };
}

/** A chain of a TLS listener that leads on and that HTTP is not read from. */
export function explainChain(chain: TerminatingStreamChain | PassthroughChain, port: number): StreamOutcome {
  switch (chain.kind) {
    case 'Passthrough':
      return outcomeOf(`listener ${chain.section} on port ${port} hands TLS on without ending it`, chain.forward);
    case 'TerminateTcp':
      return outcomeOf(`listener ${chain.section} on port ${port} ends TLS and reads no HTTP`, chain.forward);
  }
}

export function explainTcp({ port, forward }: TcpListener): StreamOutcome {
  const place = `port ${port} speaks TCP and reads no HTTP`;
  if (forward !== undefined) return outcomeOf(place, forward);
  return { kind: 'Stream', clusters: [], why: `${place}; the connection is closed, as no TCPRoute is attached` };
}
