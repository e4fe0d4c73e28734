import { Counter, type Registry } from 'prom-client';
import type { SourceMetrics } from '../kube/followed.ts';

/** Counts what is read from an API server, in the registry of the control plane that reads. */
export function createReadingMetrics(registry: Registry): SourceMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'sallyport_read_events_total',
    help: 'Objects that the API server sent, by lists and watches',
    labelNames: ['kind'],
    registers,
  });
  const lists = new Counter({
    name: 'sallyport_read_lists_total',
    help: 'Lists begun; more than one for a kind and namespace means that a watch could not go on',
    labelNames: ['kind'],
    registers,
  });
  const failures = new Counter({
    name: 'sallyport_read_failures_total',
    help: 'Times that reading from the API server began to fail',
    labelNames: ['kind', 'failure'],
    registers,
  });
  return {
    events: (kind, count) => events.inc({ kind }, count),
    list: (kind) => lists.inc({ kind }),
    failure: (kind, failure) => failures.inc({ kind, failure }),
  };
}
