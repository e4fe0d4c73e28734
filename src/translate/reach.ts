import type { Memo } from '../lib/memo.ts';
import { objectKey, type ObjectRef } from '../snapshot/object.ts';
import { type GatewayReach, resolveGatewayReach } from './gateway-api/gateway-reach.ts';
import type { TranslateOptions } from './options.ts';
import type { TranslationSources } from './sources.ts';
import type { Condition } from './translation.ts';

const nowhere: GatewayReach = { addresses: [] };

/** Where a Gateway is reached; nowhere if it is not served at all. */
export function findReach(
  memo: Memo<TranslationSources>,
  sources: TranslationSources,
  options: TranslateOptions,
  ref: ObjectRef,
  bound: readonly string[],
): GatewayReach {
  const key = objectKey(ref);
  const gateway = sources.Gateway.get(key);
  if (gateway === undefined || bound.length === 0) return nowhere;
  return memo.track(resolveGatewayReach, key, sources, gateway, options);
}

/** The conditions of a Gateway with what its Services and Envoys say of it: what can't be reached is not programmed. */
export function conditionsAt({ problem }: GatewayReach, conditions: readonly Condition[]): readonly Condition[] {
  if (problem === undefined) return conditions;
  return conditions.map((condition) =>
    condition.type === 'Programmed' && condition.status === 'True'
      ? { ...condition, status: 'False' as const, ...problem }
      : condition,
  );
}
