import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the control plane counts. Labels take few values: no name of a route or a host is ever one. */
export interface Metrics {
  readonly registry: Registry;
  readonly turns: Counter;
  readonly turnSeconds: Histogram;
  readonly objects: Gauge<'kind'>;
  readonly diagnostics: Gauge<'severity'>;
  readonly published: Counter;
  readonly acks: Counter<'type'>;
  readonly nacks: Counter<'type'>;
  readonly proxies: Gauge;
  readonly quarantined: Gauge;
  readonly statusWrites: Counter<'kind' | 'outcome'>;
}

/** The metrics of one control plane, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'sallyport_' });
  const registers = [registry];
  return {
    registry,
    turns: new Counter({ name: 'sallyport_turns_total', help: 'Turns of the control loop', registers }),
    turnSeconds: new Histogram({
      name: 'sallyport_turn_seconds',
      help: 'Time from a snapshot to its published resources',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    objects: new Gauge({ name: 'sallyport_objects', help: 'Objects read', labelNames: ['kind'], registers }),
    diagnostics: new Gauge({
      name: 'sallyport_diagnostics',
      help: 'Findings that stand',
      labelNames: ['severity'],
      registers,
    }),
    published: new Counter({
      name: 'sallyport_generations_published_total',
      help: 'Generations of resources given to proxies',
      registers,
    }),
    acks: new Counter({
      name: 'sallyport_acks_total',
      help: 'Responses that a proxy accepted',
      labelNames: ['type'],
      registers,
    }),
    nacks: new Counter({
      name: 'sallyport_nacks_total',
      help: 'Responses that a proxy refused',
      labelNames: ['type'],
      registers,
    }),
    proxies: new Gauge({ name: 'sallyport_proxies', help: 'Proxies connected', registers }),
    quarantined: new Gauge({
      name: 'sallyport_quarantined_objects',
      help: 'Objects left out because Envoy refuses them',
      registers,
    }),
    statusWrites: new Counter({
      name: 'sallyport_status_writes_total',
      help: 'Statuses sent to the API server',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
  };
}
