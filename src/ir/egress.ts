import type { Bind } from './listener.ts';
import type { ListenerName, Origin } from './name.ts';

/** A forward proxy: absolute-form and CONNECT. */
export interface ForwardProxyListener {
  readonly kind: 'ForwardProxy';
  readonly name: ListenerName;
  readonly bind: Bind;
  readonly port: number;
  readonly origins: readonly Origin[];
}

export type EgressListener = ForwardProxyListener;
