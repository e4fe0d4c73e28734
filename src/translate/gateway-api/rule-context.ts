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
  readonly uses: RouteUses;
}
