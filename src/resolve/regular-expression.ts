import { RE2JS } from 're2js';
import { messageOf } from '../lib/error.ts';

/** What RE2, which Envoy uses, has against a regular expression; undefined where it compiles. */
export function checkRegularExpression(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
