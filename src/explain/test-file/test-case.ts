import type { Position } from '../../snapshot/diagnostic.ts';
import type { EgressCall } from '../egress.ts';
import type { OutcomeKind } from '../explanation.ts';
import type { HttpRequest } from '../request.ts';

/** One backend that a request may go to. Where `weight` is absent any share will do. */
export interface ExpectedBackend {
  /** As in a cluster's name: `namespace/service:port`. */
  readonly name: string;
  readonly weight?: number;
}

/** What is to become of a request; what is absent is not looked at. A header of `null` must not be there. */
export interface ExpectedAnswer {
  readonly outcome?: OutcomeKind;
  readonly status?: number;
  readonly location?: string;
  /** `namespace/name` of the HTTPRoute or Ingress. */
  readonly route?: string;
  /** Name of the rule, or its index. */
  readonly rule?: string;
  readonly gateway?: string;
  readonly listener?: string;
  readonly backends?: readonly ExpectedBackend[];
  readonly path?: string;
  readonly host?: string;
  readonly requestHeaders?: Readonly<Record<string, string | null>>;
  readonly responseHeaders?: Readonly<Record<string, string | null>>;
  readonly mirrors?: readonly string[];
}

export interface ExpectedEgress {
  readonly allowed?: boolean;
  /** `namespace/egress/rule`. */
  readonly rule?: string;
  readonly reason?: string;
}

interface TestCaseBase {
  readonly name: string;
  readonly position: Position;
  /** `namespace/name` of the only Gateway to ask. */
  readonly gateway?: string;
}

export type TestCase =
  | (TestCaseBase & { readonly kind: 'Request'; readonly request: HttpRequest; readonly expect: ExpectedAnswer })
  | (TestCaseBase & {
      readonly kind: 'Egress';
      readonly call: Omit<EgressCall, 'caller'>;
      /** A Pod as `namespace/name`, or an address. */
      readonly from: string;
      readonly expect: ExpectedEgress;
    });

/** A document of kind ConfigurationTest. */
export interface TestFile {
  readonly file: string;
  readonly name: string;
  /** Files and folders, as they are written: relative to the file's folder. */
  readonly configuration: readonly string[];
  readonly cases: readonly TestCase[];
}
