import { join } from 'node:path';
import { clusterLoadAssignmentType, routeConfigurationType, type TypeUrl } from '../src/ads/type-url.ts';
import { percentile } from './probe.ts';
import { type Child, startChild } from './scale/child.ts';
import type { ClientCalls, ServerCalls } from './scale/message.ts';
import { gateways, proxies, routesEach, servers } from './scale/size.ts';
import { printTable } from './table.ts';

const rounds = 20;
const proxiesEach = proxies / servers;

type ServerChild = Child<ServerCalls>;
type ClientChild = Child<ClientCalls>;

function startServer(): ServerChild {
  return startChild<ServerCalls>(join(import.meta.dirname, 'scale/server.ts'));
}

interface Rounds {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly cpuMs: number;
  readonly delayMs: number;
}

/** Makes a change at both servers at once, again and again, each time until all proxies have it. */
async function measureRounds(
  all: readonly ServerChild[],
  clients: ClientChild,
  change: 'changeRoute' | 'changeEndpoints',
  typeUrl: TypeUrl,
  reached: number,
): Promise<Rounds> {
  const first: number[] = [];
  const last: number[] = [];
  for (const server of all) await server.ask('effort');
  for (let round = 0; round < rounds; round += 1) {
    const received = clients.ask('received', { typeUrl, proxies: reached });
    const starts = await Promise.all(all.map((server) => server.ask(change, round)));
    const { times } = await received;
    const start = Math.min(...starts.map(({ at }) => at));
    first.push(Math.min(...times) - start);
    last.push(Math.max(...times) - start);
  }
  const efforts = await Promise.all(all.map((server) => server.ask('effort')));
  const cpuMs = efforts.reduce((sum, each) => sum + each.cpuMs, 0) / rounds / all.length;
  return { first, last, cpuMs, delayMs: Math.max(...efforts.map((each) => each.delayMs)) };
}

const ms = (value: number) => `${value.toFixed(0)} ms`;
const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;

function rowOf(what: string, { first, last, cpuMs, delayMs }: Rounds): readonly string[] {
  return [
    what,
    ms(percentile(first, 0.5)),
    ms(percentile(last, 0.5)),
    ms(percentile(last, 0.99)),
    ms(cpuMs),
    ms(delayMs),
  ];
}

async function connectAll(all: readonly ServerChild[], ports: readonly number[], clients: ClientChild) {
  const before = await Promise.all(all.map((server) => server.ask('memory')));
  for (const server of all) await server.ask('effort');
  const settled = Promise.all(all.map((server) => server.ask('settled', proxiesEach)));
  const starts: number[] = [];
  for (const [index, port] of ports.entries()) {
    const { at } = await clients.ask('connect', { port, first: index * proxiesEach, count: proxiesEach });
    starts.push(at);
  }
  const ends = (await settled).map(({ at }) => at);
  const efforts = await Promise.all(all.map((server) => server.ask('effort')));
  const after = await Promise.all(all.map((server) => server.ask('memory')));
  const grown = (of: 'heap' | 'resident') =>
    after.reduce((sum, memory, index) => sum + memory[of] - (before[index]?.[of] ?? 0), 0) / proxies;
  return {
    tookMs: Math.max(...ends) - Math.min(...starts),
    cpuMs: efforts.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / all.length,
    delayMs: Math.max(...efforts.map(({ delayMs }) => delayMs)),
    heap: grown('heap'),
    resident: grown('resident'),
    ...(await clients.ask('count')),
  };
}

/** Many proxies of several Gateways on two servers: memory, changes, and everybody coming back at once. */
export async function benchScale(): Promise<void> {
  const clients: ClientChild = startChild<ClientCalls>(join(import.meta.dirname, 'scale/clients.ts'));
  let all = Array.from({ length: servers }, startServer);
  try {
    const listening = await Promise.all(all.map((server) => server.ask('listen', 0)));
    const ports = listening.map(({ port }) => port);
    const cold = await connectAll(all, ports, clients);
    const route = await measureRounds(all, clients, 'changeRoute', routeConfigurationType, proxies / gateways);
    const endpoints = await measureRounds(all, clients, 'changeEndpoints', clusterLoadAssignmentType, proxies);
    await clients.ask('disconnect', { first: 0, count: proxies });
    for (const server of all) server.stop();
    all = Array.from({ length: servers }, startServer);
    await clients.ask('count');
    const again = await Promise.all(all.map((server) => server.ask('listen', 0)));
    for (const server of all) await server.ask('changeRoute', rounds - 1);
    for (const server of all) await server.ask('changeEndpoints', rounds - 1);
    const warm = await connectAll(
      all,
      again.map(({ port }) => port),
      clients,
    );
    const title = `${proxies} proxies of ${gateways} Gateways on ${servers} servers, ${gateways * routesEach} routes and Services`;
    printTable(`${title}; ${listening[0]?.resourcesEach} resources a proxy`, [
      [
        'everybody comes at once',
        'until all have all',
        'resources sent',
        'CPU a server',
        'longest delay',
        'heap a proxy',
        'resident a proxy',
      ],
      ...[['for the first time', cold] as const, ['after a restart of the servers', warm] as const].map(
        ([what, each]) => [
          what,
          ms(each.tookMs),
          String(each.resources),
          ms(each.cpuMs),
          ms(each.delayMs),
          kib(each.heap),
          kib(each.resident),
        ],
      ),
    ]);
    printTable('From a change of an object to the proxies', [
      ['change', 'first proxy', 'last, p50', 'last, p99', 'CPU a server', 'longest delay'],
      rowOf(`a route: ${proxies / gateways} proxies`, route),
      rowOf(`an endpoint of each Gateway: ${proxies} proxies`, endpoints),
    ]);
  } finally {
    clients.stop();
    for (const server of all) server.stop();
  }
}
