import type { Logger } from 'pino';
import { MutualTlsCredentials } from '../ads/credentials.ts';
import type { AdsServer } from '../ads/server.ts';
import { authoritySecretRef, readAuthoritySecret } from '../infra/authority/authority-secret.ts';
import { identifyProxy } from '../infra/authority/identify.ts';
import type { Authorities } from '../infra/authority/plan.ts';
import { type IssuedIdentity, serverIdentity } from '../infra/authority/server-identity.ts';
import type { KubernetesClient } from '../infra/kubernetes/client.ts';
import type { GatewayName } from '../ir/name.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/error.ts';

export interface XdsServerOptions {
  readonly ads: AdsServer;
  readonly client: Pick<KubernetesClient, 'read'>;
  /** Of the controller, where the authorities are kept. */
  readonly namespace: string;
  /** The names that proxies reach the server by. */
  readonly dnsNames: readonly string[];
  readonly address: string;
  readonly port: number;
  /** How long a certificate of the server lives, in milliseconds. */
  readonly leafMs: number;
  /** The time of day. */
  readonly clock: Clock;
  readonly log: Logger;
  /** The server shows another certificate, or trusts other authorities, than before. */
  identified?(identity: IssuedIdentity, authorities: Authorities): Promise<void>;
  /** The Gateway of that name as it is now; undefined where it is gone or not ours. */
  uidOf(gateway: GatewayName): string | undefined;
}

/** Discovery over mutual TLS. */
export interface XdsServer {
  /** The port that is listened on; undefined before there are authorities to serve by. */
  port(): number | undefined;
  /** Looks no more; the discovery server itself is closed by whoever made it. */
  stop(): Promise<void>;
}

/** How soon to look again for authorities that the leader has yet to make, in milliseconds. */
const awaitMs = 500;
/** Much shorter than a new authority is given to be known everywhere, in milliseconds. */
const lookMs = 60_000;

class ServingXds implements XdsServer {
  readonly #options: XdsServerOptions;
  #identity: IssuedIdentity | undefined;
  #credentials: MutualTlsCredentials | undefined;
  #port: number | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: XdsServerOptions) {
    this.#options = options;
    this.#look();
  }

  port(): number | undefined {
    return this.#port;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #look(): void {
    const { clock, log } = this.#options;
    const done = (delayMs: number) => {
      if (!this.#stopped) this.#cancel = clock.schedule(delayMs, () => this.#look());
    };
    this.#looking = this.#refresh().then(
      (found) =>
        done(found ? Math.max(awaitMs, Math.min(lookMs, (this.#identity?.renewAt ?? 0) - clock.now())) : awaitMs),
      (error: unknown) => {
        log.warn({ reason: messageOf(error) }, 'discovery is not served as it should be');
        done(awaitMs);
      },
    );
  }

  /** False where there are no authorities yet. */
  async #refresh(): Promise<boolean> {
    const { client, namespace, dnsNames, leafMs, clock } = this.#options;
    const secret = await client.read(authoritySecretRef(namespace));
    if (secret === undefined) return false;
    const authorities = readAuthoritySecret(secret);
    if (!authorities.ok) throw new Error(authorities.error);
    const identity = await serverIdentity(this.#identity, authorities.value, { dnsNames, leafMs, now: clock.now() });
    if (identity === this.#identity || this.#stopped) return true;
    if (this.#credentials === undefined) await this.#listen(identity);
    else this.#credentials.replace(identity);
    await this.#options.identified?.(identity, authorities.value);
    // Only now, as a port that could not be had is asked for again.
    this.#identity = identity;
    return true;
  }

  async #listen(identity: IssuedIdentity): Promise<void> {
    const { ads, address, port } = this.#options;
    const credentials = new MutualTlsCredentials(identity);
    this.#port = await ads.listenTcp({
      credentials,
      host: address,
      port,
      identify: (call) => identifyProxy(call, (gateway) => this.#options.uidOf(gateway)),
    });
    this.#credentials = credentials;
  }
}

/** Listens as soon as there are authorities, and shows certificates that follow them. */
export function createXdsServer(options: XdsServerOptions): XdsServer {
  return new ServingXds(options);
}
