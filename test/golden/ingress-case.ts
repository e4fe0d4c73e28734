import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { Gateway } from '../../gen/kubernetes/types.ts';
import type { Route, RouteTable } from '../../src/ir/route.ts';
import type { GatewayName } from '../../src/ir/name.ts';
import { createMemo, type Memo } from '../../src/lib/memo.ts';
import { describeRef, type AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot, getObject } from '../../src/snapshot/snapshot.ts';
import { createIndexer } from '../../src/snapshot/view.ts';
import { assembleGateway } from '../../src/translate/assemble.ts';
import { translateGateway, type GatewayTranslation } from '../../src/translate/gateway-api/gateway.ts';
import {
  implicitIngressGateway,
  ingressDefaultCertificate,
  ingressGateway,
} from '../../src/translate/ingress/implicit-gateway.ts';
import { translateIngresses, wantsIngressGateway } from '../../src/translate/ingress/ingresses.ts';
import { standaloneOptions, type TranslateOptions } from '../../src/translate/options.ts';
import type { Section } from '../../src/translate/section.ts';
import { nothingTranslated, type TranslationSources } from '../../src/translate/sources.ts';

/** The objects of a case; the cases are ours and valid, so their shape is not checked again. */
export function readObjects(name: string): readonly AnyObject[] {
  const text = readFileSync(new URL(`ingress/${name}.yaml`, import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as { readonly kind?: string })
    .filter((value) => value.kind !== 'Golden') as unknown as readonly AnyObject[];
}

function describeRoute(route: Route): string {
  const { path, hostLabels } = route.match;
  const labels = hostLabels === undefined ? '' : ` (${hostLabels} labels)`;
  const target =
    route.action.kind === 'Forward'
      ? route.action.clusters.map((cluster) => cluster.cluster).join()
      : route.action.kind === 'DirectResponse'
        ? route.action.statusCode
        : route.action.kind;
  return `${path.kind} ${path.value}${labels} -> ${target}`;
}

function gatewaysOf(
  memo: Memo<TranslationSources>,
  view: TranslationSources,
  objects: readonly Gateway[],
  options: TranslateOptions,
): ReadonlyMap<GatewayName, GatewayTranslation> {
  const translations = objects.map((object) =>
    memo.track(translateGateway, `${object.metadata.namespace}/${object.metadata.name}`, view, object, options),
  );
  return new Map(translations.filter((made) => made !== undefined).map((made) => [made.name, made]));
}

/** The routes of the most specific domain, as Envoy looks for it. */
function findRoutes(table: RouteTable | undefined, host: string): readonly string[] | undefined {
  const covers = (domain: string) =>
    domain === '*' || domain === host || (domain.startsWith('*.') && host.endsWith(domain.slice(1)));
  const [best] = (table?.virtualHosts ?? [])
    .flatMap((entry) => entry.domains.map((domain) => ({ domain, entry })))
    .filter(({ domain }) => covers(domain))
    .sort((a, b) => Number(b.domain === host) - Number(a.domain === host) || b.domain.length - a.domain.length);
  return best?.entry.routes.map(describeRoute);
}

/** Translates the Ingresses of objects and puts their Gateways together, as one run does. */
export function translateObjects(objects: readonly AnyObject[], options = standaloneOptions) {
  const changes = objects.map((object) => ({ kind: 'put' as const, object }));
  const snapshot = applyChanges(emptySnapshot, changes);
  const view: TranslationSources = { ...createIndexer().update(snapshot), ...nothingTranslated };
  const memo = createMemo<TranslationSources>();
  const gateways = [...view.Gateway.values()];
  const exists = getObject(snapshot, 'Gateway', ingressGateway.namespace, ingressGateway.name) !== undefined;
  if (wantsIngressGateway(memo, view, options) && !exists) {
    const certificate = getObject(snapshot, 'Secret', ingressGateway.namespace, ingressDefaultCertificate);
    gateways.push(implicitIngressGateway(options, certificate !== undefined));
  }
  const made = gatewaysOf(memo, view, gateways, options);
  const ingresses = translateIngresses(memo, { ...view, gateways: made }, options);
  const assembled = [...made.values()].map((gateway) => {
    const added = ingresses.sections
      .filter((entry) => entry.gateway === gateway.name)
      .flatMap((entry) => entry.sections);
    const attachments = ingresses.attachments.filter((entry) => entry.gateway === gateway.name);
    const sections: readonly Section[] = [...gateway.sections, ...added];
    return { sections, ...assembleGateway(memo, gateway.name, gateway.addresses, sections, [attachments], options) };
  });
  const tables = assembled.flatMap((gateway) => gateway.routeTables);
  return {
    ingresses,
    gateways: made,
    /** The routes that a request for the host meets on a table such as `http/80`, in order; undefined: no such host. */
    routes: (table: string, host: string) =>
      findRoutes(
        tables.find((candidate) => candidate.name === table),
        host,
      ),
    /** `host: secrets` of each section that serves TLS. */
    certificates: assembled.flatMap(({ sections }) =>
      sections.flatMap(({ hostname, protocol }) =>
        protocol.kind === 'Https' ? [`${hostname}: ${protocol.certificates.join()}`] : [],
      ),
    ),
    /** `severity reason Kind namespace/name field`. */
    diagnostics: ingresses.diagnostics.map(({ severity, reason, object, field }) =>
      [severity, reason, object === undefined ? '' : describeRef(object), field].join(' '),
    ),
    gatewayDiagnostics: [...made.values()].flatMap((gateway) => gateway.diagnostics),
    served: ingresses.served.map(({ ingress, gateway }) => `${ingress.namespace}/${ingress.name} by ${gateway}`),
    lost: ingresses.losses.map(({ object }) => `${object.namespace}/${object.name}`),
  };
}

export function translateCase(name: string, options = standaloneOptions) {
  return translateObjects(readObjects(name), options);
}
