import type { Gateway, ListenerSet } from '../../../gen/kubernetes/types.ts';

/** The object that a listener is written in, and the Gateway that is to serve it. */
export interface ListenerOwner {
  readonly gateway: Gateway;
  readonly object: Gateway | ListenerSet;
}
