import type { Logger } from 'pino';
import type { Metrics } from '../admin/metrics.ts';
import type { TypeUrl } from '../ads/type-url.ts';
import type { GatewayName, Origin } from '../ir/name.ts';
import type { Diagnostic } from '../snapshot/diagnostic.ts';
import type { AnyObject, Kind, ObjectKey } from '../snapshot/object.ts';
import { applyChanges, emptySnapshot, type Change, type Snapshot } from '../snapshot/snapshot.ts';
import type { Quarantine } from '../translate/quarantine.ts';
import type { Translation } from '../translate/translation.ts';
import type { ResourcesByType } from '../xds/build-resources.ts';
import { createGatewayContainment, type Answer, type GatewayContainment } from './gateway-containment.ts';
import type { Pipeline, PipelineResult } from './pipeline.ts';

/** What the control plane holds after a turn. */
export interface ControlState {
  readonly snapshot: Snapshot;
  readonly translation: Translation;
  readonly resources: ReadonlyMap<GatewayName, ResourcesByType>;
  readonly quarantine: Quarantine;
}

export interface ControllerOptions {
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Gives the proxies of a Gateway what they are to have; called only when that differs. */
  publish(gateway: GatewayName, resources: ResourcesByType): void;
  /** A turn is over. */
  turned(state: ControlState): void;
}

/** The loop: changes and answers in, one turn of the pipeline for all that came meanwhile, resources out. */
export interface Controller {
  apply(changes: readonly Change[]): void;
  accepted(gateway: GatewayName, answers: readonly Answer[]): void;
  refused(gateway: GatewayName, answers: readonly Answer[], message: string): void;
  state(): ControlState;
  stop(): void;
}

function objectOf(snapshot: Snapshot, origin: Origin): AnyObject | undefined {
  const kind = origin.slice(0, origin.indexOf('/')) as Kind;
  // An origin is the key of the object that it came from.
  return snapshot.collections[kind]?.get(origin as unknown as ObjectKey);
}

const emptyTranslation: Translation = { ir: { gateways: [] }, statuses: [], diagnostics: [] };

function shortType(typeUrl: TypeUrl): string {
  return typeUrl.slice(typeUrl.lastIndexOf('.') + 1);
}

function countDiagnostics(diagnostics: readonly Diagnostic[], severity: Diagnostic['severity']): number {
  return diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
}

export function createController(options: ControllerOptions): Controller {
  const { pipeline, metrics, log } = options;
  const containments = new Map<GatewayName, GatewayContainment>();
  const published = new Map<GatewayName, ResourcesByType>();
  let state: ControlState = {
    snapshot: emptySnapshot,
    translation: emptyTranslation,
    resources: new Map(),
    quarantine: new Map(),
  };
  let pending: Change[] = [];
  let scheduled: NodeJS.Immediate | undefined;

  const contentOf = (origin: Origin) => objectOf(state.snapshot, origin);
  const textOf = (origin: Origin) => {
    const object = contentOf(origin);
    // Private keys are no hint: only what routes, Gateways and policies say is compared.
    return object === undefined || object.kind === 'Secret' ? undefined : JSON.stringify(object);
  };

  function containmentOf(gateway: GatewayName): GatewayContainment {
    let containment = containments.get(gateway);
    if (containment === undefined) containments.set(gateway, (containment = createGatewayContainment(contentOf)));
    return containment;
  }

  function quarantineNow(): Quarantine {
    const entries = [...containments].map(([name, containment]) => [name, containment.leftOut()] as const);
    return new Map(entries.filter(([, out]) => out.size > 0));
  }

  /** True: an answer is known already for something just published, so another turn is needed. */
  function publishAll(result: PipelineResult): boolean {
    let again = false;
    for (const [gateway, resources] of result.resources) {
      if (published.get(gateway) === resources) continue;
      published.set(gateway, resources);
      metrics.published.inc();
      again = containmentOf(gateway).published(resources) || again;
      options.publish(gateway, resources);
    }
    for (const gateway of published.keys()) {
      if (result.resources.has(gateway)) continue;
      published.delete(gateway);
      containments.delete(gateway);
    }
    return again;
  }

  function measure(result: PipelineResult, seconds: number): void {
    metrics.turns.inc();
    metrics.turnSeconds.observe(seconds);
    for (const [kind, collection] of Object.entries(state.snapshot.collections)) {
      metrics.objects.set({ kind }, collection.size);
    }
    const { diagnostics } = result.translation;
    metrics.diagnostics.set({ severity: 'error' }, countDiagnostics(diagnostics, 'error'));
    metrics.diagnostics.set({ severity: 'warning' }, countDiagnostics(diagnostics, 'warning'));
    let quarantined = 0;
    for (const out of state.quarantine.values()) for (const said of out.values()) if (said !== undefined) quarantined += 1;
    metrics.quarantined.set(quarantined);
  }

  function turn(): void {
    scheduled = undefined;
    const started = performance.now();
    const snapshot = applyChanges(state.snapshot, pending);
    pending = [];
    state = { ...state, snapshot };
    for (const containment of containments.values()) containment.release();
    const quarantine = quarantineNow();
    const result = pipeline.run(snapshot, quarantine);
    state = { snapshot, quarantine, ...result };
    const again = publishAll(result);
    measure(result, (performance.now() - started) / 1000);
    options.turned(state);
    if (again) schedule();
  }

  // After the events that are waiting already: one turn for all of them.
  function schedule(): void {
    scheduled ??= setImmediate(turn);
  }

  return {
    apply(changes) {
      for (const change of changes) pending.push(change);
      schedule();
    },
    accepted(gateway, answers) {
      for (const answer of answers) {
        metrics.acks.inc({ type: shortType(answer.typeUrl) });
        if (containments.get(gateway)?.accepted(answer) === true) schedule();
      }
    },
    refused(gateway, answers, message) {
      log.warn({ gateway, resources: answers.map((answer) => answer.name), reason: message }, 'Envoy refuses a resource');
      for (const answer of answers) {
        metrics.nacks.inc({ type: shortType(answer.typeUrl) });
        if (containmentOf(gateway).refused(answer, message, textOf)) schedule();
      }
    },
    state: () => state,
    stop() {
      if (scheduled !== undefined) clearImmediate(scheduled);
    },
  };
}
