import type { ObjectTypes } from '../../snapshot/object.ts';
import type { Read } from '../../snapshot/view.ts';
import type { HttpAttachment } from '../attachment.ts';
import type { TranslateOptions } from '../options.ts';
import { translateMatches } from './match.ts';
import type { ParentSources } from './parent-ref.ts';
import { translateRequestRoute } from './request-route.ts';
import type { RouteTranslation } from './route.ts';
import { translateRule } from './rule.ts';
import { hasLostMatches } from './rule-context.ts';

/** Translates an HTTPRoute. */
export function translateHttpRoute(
  read: Read<ParentSources>,
  route: ObjectTypes['HTTPRoute'],
  options: TranslateOptions,
): RouteTranslation<HttpAttachment> {
  return translateRequestRoute(read, route, 'Http', options, (context) =>
    (route.spec.rules ?? [{}]).map((rule, index) =>
      translateRule(context, rule, index, (field, findings) =>
        hasLostMatches(context, rule.matches) ? [] : translateMatches(rule.matches, field, findings),
      ),
    ),
  );
}
