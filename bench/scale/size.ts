/** The world of this bench: Gateways with routes of their own, each route with a Service of its own. */
export const gateways = 10;
export const routesEach = 500;
export const proxies = 1_000;
export const servers = 2;

export function gatewayOf(index: number): string {
  return `g${index % gateways}`;
}
