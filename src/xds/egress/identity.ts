import { TypedExtensionConfigSchema } from '../../../gen/envoy/envoy/config/core/v3/extension_pb.js';
import type { ExtensionConfigSourceSchema } from '../../../gen/envoy/envoy/config/core/v3/config_source_pb.js';
import {
  IPTagging_IpTagHeader_HeaderAction,
  IPTagging_RequestType,
  IPTaggingSchema,
} from '../../../gen/envoy/envoy/extensions/filters/http/ip_tagging/v3/ip_tagging_pb.js';
import type { HttpFilterSchema } from '../../../gen/envoy/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { extensionConfigType } from '../../ads/type-url.ts';
import type { EgressCaller } from '../../ir/egress.ts';
import { extensionConfigName, type ExtensionConfigName, type ListenerName } from '../../ir/name.ts';
import { compareStrings } from '../../lib/order.ts';
import { adsSource } from '../config-source.ts';
import { encodedResource } from '../encoded.ts';
import { encode, packAny, type Init } from '../proto.ts';
import type { XdsResource } from '../resource.ts';
import { cidr } from '../cidr.ts';

/** Request headers that say who calls. They are set from the caller's address alone and never leave the gateway. */
export const identityHeaders = {
  pod: 'x-sallyport-pod',
  serviceAccount: 'x-sallyport-service-account',
  egresses: 'x-sallyport-egresses',
} as const;

type Identity = keyof typeof identityHeaders;

/** How one Egress stands in the header among others: closed on both sides, so that no name is part of another. */
export function egressTag(egress: string): string {
  return `[${egress}]`;
}

function tagsOf(caller: EgressCaller, identity: Identity): readonly string[] {
  switch (identity) {
    case 'pod':
      return [caller.pod];
    case 'serviceAccount':
      return [caller.serviceAccount];
    case 'egresses':
      return caller.egresses.map(egressTag);
  }
}

/** A filter, or its configuration, that comes by itself: a change of it touches neither listener nor routes. */
export function discovered(typeUrl: string): Init<typeof ExtensionConfigSourceSchema> {
  // Without a limit and without a default: a listener whose identities have not come takes no call.
  return { configSource: adsSource(0), typeUrls: [typeUrl] };
}

const identities: readonly Identity[] = ['pod', 'serviceAccount', 'egresses'];

function configName(listener: ListenerName, identity: Identity): ExtensionConfigName {
  return extensionConfigName(listener, `callers/${identity}`);
}

/** The filters that put the headers on; they stand first. */
export function identityFilters(listener: ListenerName): readonly Init<typeof HttpFilterSchema>[] {
  return identities.map((identity) => ({
    name: configName(listener, identity),
    configType: {
      case: 'configDiscovery',
      value: discovered('type.googleapis.com/envoy.extensions.filters.http.ip_tagging.v3.IPTagging'),
    },
  }));
}

function addressesByTag(callers: readonly EgressCaller[], identity: Identity): ReadonlyMap<string, readonly string[]> {
  const byTag = new Map<string, string[]>();
  for (const caller of callers) {
    for (const tag of tagsOf(caller, identity)) {
      const addresses = byTag.get(tag);
      if (addresses === undefined) byTag.set(tag, [caller.address]);
      else addresses.push(caller.address);
    }
  }
  return byTag;
}

/** No caller at all is said by a tag on an address that no caller can have: the filter wants at least one. */
const nobody = { ipTagName: 'nobody', ipList: [cidr('255.255.255.255')] };

function buildIdentity(listener: ListenerName, callers: readonly EgressCaller[], identity: Identity): XdsResource {
  const tags = [...addressesByTag(callers, identity)]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([tag, addresses]) => ({ ipTagName: tag, ipList: addresses.map(cidr) }));
  const tagging = packAny(IPTaggingSchema, {
    requestType: IPTagging_RequestType.BOTH,
    ipTags: tags.length === 0 ? [nobody] : tags,
    ipTagHeader: { header: identityHeaders[identity], action: IPTagging_IpTagHeader_HeaderAction.SANITIZE },
  });
  const name = configName(listener, identity);
  return encodedResource(
    extensionConfigType,
    name,
    encode(TypedExtensionConfigSchema, { name, typedConfig: tagging }),
    [],
    [],
  );
}

/** Who has which address, for the identity filters of a listener. */
export function buildIdentities(listener: ListenerName, callers: readonly EgressCaller[]): readonly XdsResource[] {
  return identities.map((identity) => buildIdentity(listener, callers, identity));
}
