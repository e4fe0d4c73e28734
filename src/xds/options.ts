/** What the resources need to know of the place that the proxies run in. One value, frozen. */
export interface XdsOptions {
  /** The file with the system's certificate authorities, as the proxy sees it: Envoy 1.40 has no name for them. */
  readonly systemCaFile: string;
}

export const debianOptions: XdsOptions = { systemCaFile: '/etc/ssl/certs/ca-certificates.crt' };
