import type { TypedExtensionConfigSchema } from '../../../gen/envoy/envoy/config/core/v3/extension_pb.js';
import { LuaPerRouteSchema } from '../../../gen/envoy/envoy/extensions/filters/http/lua/v3/lua_pb.js';
import { StatefulSessionPerRouteSchema } from '../../../gen/envoy/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.js';
import { CookieBasedSessionStateSchema } from '../../../gen/envoy/envoy/extensions/http/stateful_session/cookie/v3/cookie_pb.js';
import { HeaderBasedSessionStateSchema } from '../../../gen/envoy/envoy/extensions/http/stateful_session/header/v3/header_pb.js';
import type { SessionPersistence } from '../../ir/filter.ts';
import { unreachable } from '../../lib/never.ts';
import type { RouteFilter } from '../http-filter.ts';
import { httpFilterNames } from '../http-filter.ts';
import { duration, packAny, type Init } from '../proto.ts';

function sessionState(session: SessionPersistence): Init<typeof TypedExtensionConfigSchema> {
  switch (session.kind) {
    case 'Cookie': {
      const ttl = session.ttlMs === undefined ? {} : { ttl: duration(wholeSeconds(session.ttlMs)) };
      const cookie = { name: session.name, path: session.path, ...ttl };
      return {
        name: 'envoy.http.stateful_session.cookie',
        typedConfig: packAny(CookieBasedSessionStateSchema, { cookie }),
      };
    }
    case 'Header':
      return {
        name: 'envoy.http.stateful_session.header',
        typedConfig: packAny(HeaderBasedSessionStateSchema, { name: session.name }),
      };
    default:
      return unreachable(session);
  }
}

/** Cookies count in seconds; a shorter time would mean none at all. */
function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}

/** A Lua string of any text. */
function luaString(text: string): string {
  return `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
}

/**
 * Envoy's cookie with a time limit has a Max-Age, by which a browser keeps it on disk. A session cookie must not have
 * one (GEP-1619), while Envoy goes on to enforce the limit by the time inside the value. No filter of Envoy's can
 * rewrite one of several Set-Cookie headers, hence the script, for this one combination only.
 */
function withoutMaxAge(cookie: string): string {
  return `function envoy_on_response(handle)
  local headers = handle:headers()
  local count = headers:getNumValues("set-cookie")
  local cookies = {}
  local changed = false
  local prefix = ${luaString(`${cookie}=`)}
  for i = 0, count - 1 do
    local value = headers:getAtIndex("set-cookie", i)
    if string.sub(value, 1, #prefix) == prefix then
      value = string.gsub(value, "; Max%-Age=%d+", "")
      changed = true
    end
    cookies[#cookies + 1] = value
  end
  if changed then
    headers:remove("set-cookie")
    for _, value in ipairs(cookies) do headers:add("set-cookie", value) end
  end
end
`;
}

/** The filters that make a route's sessions sticky; a session whose endpoint is gone is balanced anew. */
export function buildSessionPersistence(session: SessionPersistence | undefined): readonly RouteFilter[] {
  if (session === undefined) return [];
  const stateful = packAny(StatefulSessionPerRouteSchema, {
    override: { case: 'statefulSession', value: { sessionState: sessionState(session) } },
  });
  const filters: RouteFilter[] = [[httpFilterNames.statefulSession, stateful]];
  if (session.kind === 'Cookie' && session.lifetime === 'Session' && session.ttlMs !== undefined) {
    const code = { specifier: { case: 'inlineString', value: withoutMaxAge(session.name) } } as const;
    filters.push([httpFilterNames.lua, packAny(LuaPerRouteSchema, { override: { case: 'sourceCode', value: code } })]);
  }
  return filters;
}
