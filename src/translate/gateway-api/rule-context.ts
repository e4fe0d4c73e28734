import type { ReferenceSource } from '../../resolve/reference-grant.ts';
import type { Application } from '../../resolve/service.ts';
import type { Read } from '../../snapshot/view.ts';
import type { RouteUses } from './use.ts';

/** The route that a rule stands in: its key, who references, what it sends, and what its rules use. */
export interface RuleContext {
  readonly read: Read;
  readonly object: string;
  readonly from: ReferenceSource;
  readonly application: Application;
  /** Why no rule of the route can be served: it could not be read, and only its matches are known. */
  readonly unreadable: string | undefined;
  readonly uses: RouteUses;
}

/** Whether a rule has matches that could not be read, rather than none, which would match every request. */
export function hasLostMatches({ unreadable }: RuleContext, matches: readonly unknown[] | undefined): boolean {
  return unreadable !== undefined && matches?.length === 0;
}
