/** What stands between clients and a listener, and is believed about who they are. Absent means nothing does. */
export interface Front {
  /** Every connection begins with a header of the PROXY protocol that says who the client is. */
  readonly proxyProtocol: boolean;
  /** How many proxies in front are trusted to have added to X-Forwarded-For. */
  readonly trustedHops: number;
}
