import type { Agent as HttpAgent } from 'node:http';
import type { AgentOptions } from 'node:https';

/** What a request carries so that the API server knows who asks. */
export interface Credentials {
  readonly headers: { readonly [name: string]: string };
  /** Certificates, keys and server name; a change of them opens new connections. */
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'rejectUnauthorized' | 'servername'>;
  /** Set where connections go through a proxy: it makes them. */
  readonly proxy?: HttpAgent;
}

/** Where an API server is and how to show who asks. */
export interface Endpoint {
  readonly server: URL;
  /** The namespace that the context, or the own ServiceAccount, is of. */
  readonly namespace: string;
  /** Credentials as they are now; `renew`: those of last time were refused, so that nothing kept counts. */
  credentials(renew: boolean): Promise<Credentials>;
}
