import type { GatewayIr } from '../ir/ir.ts';
import type { FilterChain, IngressListener, TerminatingChain, TlsListener, UdpListener } from '../ir/listener.ts';
import type { RouteTable } from '../ir/route.ts';
import { coversHost, specificity } from './domain.ts';
import type { HttpRequest } from './request.ts';
import { explainChain, explainTcp, type StreamOutcome } from './stream.ts';

/** Where a connection ends up: a table of routes, by a filter chain where there is TLS; or nowhere. */
export type Entry =
  | { readonly kind: 'Entered'; readonly table: RouteTable; readonly chain?: TerminatingChain }
  | { readonly kind: 'TlsRefused'; readonly why: string; readonly chain?: TerminatingChain }
  | StreamOutcome;

/** A listener that connections can come in by. */
export type ConnectionListener = Exclude<IngressListener, UdpListener>;

/** The listener of a port that clients use; of several addresses the first, as they all serve the same. */
export function findListener(gateway: GatewayIr, port: number): ConnectionListener | undefined {
  return gateway.listeners.find(
    (listener): listener is ConnectionListener =>
      (listener.kind === 'Http' || listener.kind === 'Tls' || listener.kind === 'Tcp') && listener.port === port,
  );
}

/** The chain whose server name is the most specific for the client's. */
function findChain(listener: TlsListener, sni: string | undefined): FilterChain | undefined {
  const fitting = listener.chains.filter(({ serverName }) =>
    sni === undefined ? serverName === undefined : coversHost(serverName ?? '*', sni),
  );
  return fitting.toSorted((a, b) => specificity(b.serverName ?? '*') - specificity(a.serverName ?? '*'))[0];
}

function enterTls(listener: TlsListener, request: HttpRequest): Entry | TerminatingChain {
  if (request.scheme === 'http') {
    return { kind: 'TlsRefused', why: `port ${listener.port} speaks TLS only, and the request is plain HTTP` };
  }
  const chain = findChain(listener, request.sni);
  if (chain === undefined) {
    const named = request.sni === undefined ? 'connections without a server name' : `server name ${request.sni}`;
    return { kind: 'TlsRefused', why: `no listener on port ${listener.port} has a certificate for ${named}` };
  }
  if (chain.kind === 'Refuse') return { kind: 'TlsRefused', why: chain.why };
  if (chain.kind === 'Passthrough') return explainChain(chain, listener.port);
  if (chain.clientValidation?.mode === 'AllowValidOnly' && request.clientCertificate !== 'Trusted') {
    const shown = request.clientCertificate === 'None' ? 'the client shows none' : 'nobody trusted vouches for it';
    const why = `a client certificate is required, and ${shown}`;
    return { kind: 'TlsRefused', ...(chain.kind === 'Terminate' && { chain }), why };
  }
  return chain.kind === 'Terminate' ? chain : explainChain(chain, listener.port);
}

/** Follows a connection to the table that its requests are routed by. */
export function enterListener(gateway: GatewayIr, listener: ConnectionListener, request: HttpRequest): Entry {
  if (listener.kind === 'Tcp') return explainTcp(listener);
  let chain: TerminatingChain | undefined;
  if (listener.kind === 'Tls') {
    const entered = enterTls(listener, request);
    if (entered.kind !== 'Terminate') return entered;
    chain = entered;
  } else if (request.scheme === 'https') {
    return { kind: 'TlsRefused', why: `port ${listener.port} speaks plain HTTP, and the request is https` };
  }
  const name = listener.kind === 'Http' ? listener.routeTable : chain?.routeTable;
  const table = gateway.routeTables.find((entry) => entry.name === name);
  if (table === undefined) throw new Error(`listener ${listener.name} names a route table that is not there`);
  return { kind: 'Entered', table, ...(chain !== undefined && { chain }) };
}
