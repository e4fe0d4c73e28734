import {
  RedirectAction_RedirectResponseCode as Code,
  type RedirectActionSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import {
  ConfigSchema,
  type Config_RuleSchema,
} from '../../../gen/envoy/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.js';
import { HeaderValueOption_HeaderAppendAction } from '../../../gen/envoy/envoy/config/core/v3/base_pb.js';
import type { PathRewrite } from '../../ir/filter.ts';
import type { Redirect, Route } from '../../ir/route.ts';
import { quoteRegex } from '../../lib/regex.ts';
import { httpFilterNames } from '../http-filter.ts';
import { packAny, type Init, type OneOf } from '../proto.ts';
import { headersToAdd } from './header-modification.ts';
import { headerMatch, wholeRegex } from './match.ts';
import { buildPathRewrite, substitute, type RegexRewrite } from './path-rewrite.ts';
import { wholePart, type RoutePart } from './route-part.ts';

const codes: { readonly [K in Redirect['statusCode']]: Code } = {
  301: Code.MOVED_PERMANENTLY,
  302: Code.FOUND,
  303: Code.SEE_OTHER,
  307: Code.TEMPORARY_REDIRECT,
  308: Code.PERMANENT_REDIRECT,
};

function pathSpecifier(path: PathRewrite | undefined): OneOf<typeof RedirectActionSchema, 'pathRewriteSpecifier'> {
  // A whole path needs no expression here: Envoy keeps the query either way.
  if (path?.kind === 'Full') return { case: 'pathRedirect', value: path.value };
  const rewrite = buildPathRewrite(path);
  if (rewrite === undefined) return { case: undefined };
  return rewrite.kind === 'Prefix'
    ? { case: 'prefixRewrite', value: rewrite.value }
    : { case: 'regexRewrite', value: rewrite.value };
}

/** What is not given stays as in the request. */
function redirectAction(redirect: Redirect): Init<typeof RedirectActionSchema> {
  return {
    schemeRewriteSpecifier:
      redirect.scheme === undefined ? { case: undefined } : { case: 'schemeRedirect', value: redirect.scheme },
    hostRedirect: redirect.hostname ?? '',
    portRedirect: redirect.port ?? 0,
    pathRewriteSpecifier: pathSpecifier(redirect.path),
    responseCode: codes[redirect.statusCode],
  };
}

const locationNamespace = 'sallyport.location';

function noted(header: string, key: string, rewrite: RegexRewrite): Init<typeof Config_RuleSchema> {
  return { header, onHeaderPresent: { metadataNamespace: locationNamespace, key, regexValueRewrite: rewrite } };
}

/** The change of a path that still has its query. */
function wholePathRewrite(path: PathRewrite | undefined): RegexRewrite {
  if (path?.kind === 'Full') return substitute('^[^?]*', path.value);
  const rewrite = buildPathRewrite(path);
  if (rewrite === undefined) return substitute('^/', '/');
  return rewrite.kind === 'Regex' ? rewrite.value : substitute(`^${quoteRegex(path?.prefix ?? '')}`, rewrite.value);
}

/**
 * Envoy keeps the port of the request's Host in Location, where a redirect without a port means the scheme's own
 * (HTTPRequestRedirectFilter.port). Taking the port off for all requests would hide it from backends, so a Host with a
 * port is a case of its own: Location is put together from the Host without it.
 */
function withoutPort(route: Route, redirect: Redirect): RoutePart {
  const noteParts = packAny(ConfigSchema, {
    requestRules: [
      noted(':authority', 'host', substitute(':[0-9]*$', '')),
      noted(':path', 'path', wholePathRewrite(redirect.path)),
    ],
  });
  const scheme = redirect.scheme ?? '%REQ(X-FORWARDED-PROTO)%';
  const part = (key: string): string => `%DYNAMIC_METADATA(${locationNamespace}:${key})%`;
  const location = {
    header: { key: 'location', value: `${scheme}://${part('host')}${part('path')}` },
    appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  };
  return {
    route: {
      action: { case: 'directResponse', value: { status: redirect.statusCode } },
      responseHeadersToAdd: [location, ...headersToAdd(route.responseHeaders)],
      responseHeadersToRemove: [...route.responseHeaders.remove],
    },
    conditions: [headerMatch(':authority', wholeRegex('.*:[0-9]*'))],
    filters: [[httpFilterNames.headerToMetadata, noteParts]],
  };
}

/** A redirect by parts (HTTPRequestRedirectFilter). */
export function buildRedirect(route: Route, redirect: Redirect): readonly RoutePart[] {
  const plain = wholePart({
    action: { case: 'redirect', value: redirectAction(redirect) },
    responseHeadersToAdd: headersToAdd(route.responseHeaders),
    responseHeadersToRemove: [...route.responseHeaders.remove],
  });
  const keepsHost = redirect.hostname === undefined && redirect.port === undefined;
  return keepsHost ? [withoutPort(route, redirect), plain] : [plain];
}
