/** The status that a gRPC client is told where the proxy answers by itself, by the HTTP status that others get. */
const byHttpStatus: ReadonlyMap<number, string> = new Map([
  [400, 'INTERNAL'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'UNIMPLEMENTED'],
  [429, 'UNAVAILABLE'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'UNAVAILABLE'],
]);

export function grpcStatusOf(httpStatus: number): string {
  return byHttpStatus.get(httpStatus) ?? 'UNKNOWN';
}
