/** An extension with its configuration, as Envoy's JSON has it. */
export function typed(name: string, type: string, config: object = {}): object {
  return { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } };
}
