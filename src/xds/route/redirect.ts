import {
  RedirectAction_RedirectResponseCode as Code,
  type RedirectActionSchema,
} from '../../../gen/envoy/envoy/config/route/v3/route_components_pb.js';
import type { PathRewrite } from '../../ir/filter.ts';
import type { Redirect } from '../../ir/route.ts';
import { buildPathRewrite } from './path-rewrite.ts';
import type { Init, OneOf } from '../proto.ts';

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

/** A redirect by parts: what is not given stays as in the request, but for the port (see `stripHostPort`). */
export function buildRedirect(redirect: Redirect): Init<typeof RedirectActionSchema> {
  return {
    schemeRewriteSpecifier:
      redirect.scheme === undefined ? { case: undefined } : { case: 'schemeRedirect', value: redirect.scheme },
    hostRedirect: redirect.hostname ?? '',
    portRedirect: redirect.port ?? 0,
    pathRewriteSpecifier: pathSpecifier(redirect.path),
    responseCode: codes[redirect.statusCode],
  };
}
