import type { RuntimeFractionalPercentSchema } from '../../gen/envoy/envoy/config/core/v3/base_pb.js';
import { FractionalPercent_DenominatorType as Denominator } from '../../gen/envoy/envoy/type/v3/percent_pb.js';
import type { Init } from './proto.ts';

/** A share of requests. Envoy knows three denominators: others are rounded to millionths. */
export function fraction(numerator: number, denominator: number): Init<typeof RuntimeFractionalPercentSchema> {
  if (denominator === 100) return { defaultValue: { numerator, denominator: Denominator.HUNDRED } };
  const millionths = Math.round((numerator / denominator) * 1_000_000);
  return { defaultValue: { numerator: millionths, denominator: Denominator.MILLION } };
}
