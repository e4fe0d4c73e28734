import type { HTTPRouteFilter } from '../../../gen/kubernetes/types.ts';
import { type Cors, type HeaderModification, noHeaderModification, type Rewrite } from '../../ir/filter.ts';
import type { RouteMatch } from '../../ir/match.ts';
import { translateCors } from './cors.ts';
import type { AuthFilter } from './external-auth.ts';
import { refuse, type RuleFindings } from './finding.ts';
import { translateHeaderModifier } from './header-modifier.ts';
import { translatePathModifier } from './path-modifier.ts';
import { type RedirectTemplate, translateRequestRedirect } from './request-redirect.ts';

/** A RequestMirror filter before its backend is resolved. */
export interface MirrorFilter {
  readonly filter: NonNullable<HTTPRouteFilter['requestMirror']>;
  readonly field: string;
}

/** The filters of a rule or of one backend. */
export interface Filters {
  readonly requestHeaders: HeaderModification;
  readonly responseHeaders: HeaderModification;
  readonly redirect?: RedirectTemplate;
  readonly rewrite?: Rewrite;
  readonly cors?: Cors;
  readonly externalAuth?: AuthFilter;
  readonly mirrors: readonly MirrorFilter[];
  /** Requests must be answered with an error, as a filter that they have to pass can't be found. */
  readonly blocked: boolean;
}

type Draft = { -readonly [K in keyof Omit<Filters, 'mirrors'>]: Filters[K] } & { readonly mirrors: MirrorFilter[] };

function translateRewrite(
  filter: NonNullable<HTTPRouteFilter['urlRewrite']>,
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): Rewrite {
  const path =
    filter.path === undefined ? undefined : translatePathModifier(filter.path, matches, `${field}.path`, findings);
  return {
    ...(filter.hostname === undefined ? {} : { hostname: filter.hostname.toLowerCase() }),
    ...(path === undefined ? {} : { path }),
  };
}

function incomplete(findings: RuleFindings, field: string, type: string): void {
  refuse(findings, field, `A filter of type ${type} needs the field of that name.`);
}

function applyFilter(
  draft: Draft,
  filter: HTTPRouteFilter,
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): void {
  switch (filter.type) {
    case 'RequestHeaderModifier':
      draft.requestHeaders = translateHeaderModifier(
        'Request',
        filter.requestHeaderModifier,
        `${field}.requestHeaderModifier`,
        findings,
      );
      return;
    case 'ResponseHeaderModifier':
      draft.responseHeaders = translateHeaderModifier(
        'Response',
        filter.responseHeaderModifier,
        `${field}.responseHeaderModifier`,
        findings,
      );
      return;
    case 'RequestRedirect': {
      if (filter.requestRedirect === undefined) return incomplete(findings, field, filter.type);
      const redirect = translateRequestRedirect(filter.requestRedirect, matches, `${field}.requestRedirect`, findings);
      if (redirect !== undefined) draft.redirect = redirect;
      return;
    }
    case 'URLRewrite':
      if (filter.urlRewrite === undefined) return incomplete(findings, field, filter.type);
      draft.rewrite = translateRewrite(filter.urlRewrite, matches, `${field}.urlRewrite`, findings);
      return;
    case 'RequestMirror':
      if (filter.requestMirror === undefined) return incomplete(findings, field, filter.type);
      draft.mirrors.push({ filter: filter.requestMirror, field: `${field}.requestMirror` });
      return;
    case 'CORS':
      if (filter.cors === undefined) return incomplete(findings, field, filter.type);
      draft.cors = translateCors(filter.cors);
      return;
    case 'ExternalAuth':
      if (filter.externalAuth === undefined) return incomplete(findings, field, filter.type);
      draft.externalAuth = { filter: filter.externalAuth, field: `${field}.externalAuth` };
      return;
    case 'ExtensionRef': {
      const { group = '', kind = '', name = '' } = filter.extensionRef ?? {};
      const message = `Filter ${kind} ${name} of group "${group}" is unknown; requests are refused, not let through.`;
      findings.unresolved.push({ reason: 'InvalidKind', message, field: `${field}.extensionRef` });
      draft.blocked = true;
      return;
    }
    default:
      refuse(findings, field, `Filter type ${String(filter.type)} is unknown; requests are refused, not let through.`);
  }
}

const repeatable: ReadonlySet<string> = new Set(['RequestMirror', 'ExtensionRef']);

/** Translates a list of filters. What is wrong with them goes to `findings`. */
export function translateFilters(
  filters: readonly HTTPRouteFilter[],
  matches: readonly RouteMatch[],
  field: string,
  findings: RuleFindings,
): Filters {
  const draft: Draft = {
    requestHeaders: noHeaderModification,
    responseHeaders: noHeaderModification,
    mirrors: [],
    blocked: false,
  };
  const seen = new Set<string>();
  filters.forEach((filter, index) => {
    if (seen.has(filter.type) && !repeatable.has(filter.type)) {
      refuse(findings, `${field}[${index}]`, `Filter ${filter.type} can be given only once.`, 'IncompatibleFilters');
    }
    seen.add(filter.type);
    applyFilter(draft, filter, matches, `${field}[${index}]`, findings);
  });
  for (const other of ['URLRewrite', 'RequestMirror']) {
    if (!seen.has('RequestRedirect') || !seen.has(other)) continue;
    refuse(findings, field, `RequestRedirect can't be combined with ${other}.`, 'IncompatibleFilters');
  }
  return draft;
}
