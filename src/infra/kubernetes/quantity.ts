const factors: ReadonlyMap<string, number> = new Map([
  ...['m', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, index) => [suffix, 1_000 ** (index - 1)] as const),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, index) => [suffix, 1_024 ** (index + 1)] as const),
]);

/** The number that a Kubernetes quantity stands for, such as `500m` or `1Gi`; undefined for what is none. */
export function parseQuantity(text: string): number | undefined {
  const [, number = '', suffix = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = factors.get(suffix);
  const value = Number(number) * (factor ?? 0);
  return number === '' || factor === undefined || Number.isNaN(value) ? undefined : value;
}
