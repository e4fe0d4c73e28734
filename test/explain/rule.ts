import type { Random } from './random.ts';

/** A path of a match, with paths that meet it. */
interface PathSample {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value: string;
  readonly meets: readonly string[];
}

interface ValueSample {
  readonly type: 'Exact' | 'RegularExpression';
  readonly name: string;
  readonly value: string;
  readonly meets: readonly string[];
}

/** One match of a rule, and what a request needs to meet it. */
export interface Match {
  readonly path: PathSample;
  readonly method?: string;
  readonly headers: readonly ValueSample[];
  readonly queryParams: readonly ValueSample[];
}

export interface Rule {
  readonly matches: readonly Match[];
  readonly cors: boolean;
  /** As an HTTPRoute has it. */
  readonly spec: object;
}

const paths: readonly PathSample[] = [
  { type: 'Exact', value: '/a', meets: ['/a', '/./a', '//a'] },
  { type: 'Exact', value: '/a/b', meets: ['/a/b', '/a/c/../b'] },
  { type: 'Exact', value: '/c', meets: ['/c'] },
  { type: 'Exact', value: '/', meets: ['/'] },
  { type: 'Exact', value: '/a/b/', meets: ['/a/b/'] },
  { type: 'PathPrefix', value: '/', meets: ['/', '/z', '/z/1', '/ab'] },
  { type: 'PathPrefix', value: '/a', meets: ['/a', '/a/', '/a/z', '/a//z', '/a/b/1'] },
  { type: 'PathPrefix', value: '/a/b/', meets: ['/a/b', '/a/b/', '/a/b/2/3'] },
  { type: 'PathPrefix', value: '/c', meets: ['/c', '/c/d', '/c/7', '/c/%41'] },
  { type: 'RegularExpression', value: '/a/[a-z]+', meets: ['/a/q', '/a/b'] },
  { type: 'RegularExpression', value: '/c/[0-9]+(/.*)?', meets: ['/c/7', '/c/42/x'] },
  { type: 'RegularExpression', value: '/(e|f)/.*', meets: ['/e/1', '/f/', '/f/x/y'] },
];

const headers: readonly ValueSample[] = [
  { type: 'Exact', name: 'X-One', value: '1', meets: ['1'] },
  { type: 'Exact', name: 'x-two', value: 'B c', meets: ['B c'] },
  { type: 'RegularExpression', name: 'x-one', value: '[0-9]+', meets: ['1', '23'] },
  { type: 'RegularExpression', name: 'X-Three', value: 'a.*|b', meets: ['a', 'abc', 'b'] },
];

const queries: readonly ValueSample[] = [
  { type: 'Exact', name: 'q', value: '1', meets: ['1'] },
  { type: 'Exact', name: 'R', value: 'x%20y', meets: ['x%20y'] },
  { type: 'RegularExpression', name: 'q', value: '[0-9]{1,2}', meets: ['1', '22'] },
  { type: 'RegularExpression', name: 's', value: '.+', meets: ['any', '%2F'] },
];

export const methods = ['GET', 'POST', 'PUT', 'OPTIONS', 'DELETE'] as const;

function values(random: Random, samples: readonly ValueSample[]): readonly ValueSample[] {
  if (!random.chance(38)) return [];
  const first = random.pick(samples);
  const second = random.pick(samples);
  const twice = random.chance(30) && first.name.toLowerCase() !== second.name.toLowerCase();
  return twice ? [first, second] : [first];
}

function createMatch(random: Random, types: readonly PathSample['type'][]): Match {
  return {
    path: random.pick(paths.filter(({ type }) => types.includes(type))),
    ...(random.chance(25) && { method: random.pick(methods) }),
    headers: values(random, headers),
    queryParams: values(random, queries),
  };
}

function matchSpec({ path, method, headers: wanted, queryParams }: Match): object {
  const plain = ({ type, name, value }: ValueSample) => ({ type, name, value });
  return {
    path: { type: path.type, value: path.value },
    ...(method === undefined ? {} : { method }),
    headers: wanted.map(plain),
    queryParams: queryParams.map(plain),
  };
}

function modifier(random: Random, names: readonly string[]): object {
  const [first = '', second = '', third = ''] = names;
  return {
    ...(random.chance(60) && { set: [{ name: first, value: random.pick(['set', '50%', 'two, words']) }] }),
    ...(random.chance(60) && { add: [{ name: second, value: random.pick(['added', '']) || 'more' }] }),
    ...(random.chance(50) && { remove: [third] }),
  };
}

const requestNames: readonly (readonly string[])[] = [
  ['x-one', 'X-Two', 'x-three'],
  ['X-New', 'x-one', 'x-two'],
  ['x-three', 'x-new', 'X-One'],
];
const answerNames: readonly (readonly string[])[] = [
  ['x-base', 'X-Other', 'x-gone'],
  ['X-Answer', 'x-base', 'x-gone'],
];

function requestModifier(random: Random): object {
  return { type: 'RequestHeaderModifier', requestHeaderModifier: modifier(random, random.pick(requestNames)) };
}

function answerModifier(random: Random): object {
  return { type: 'ResponseHeaderModifier', responseHeaderModifier: modifier(random, random.pick(answerNames)) };
}

function pathChange(random: Random, prefixes: boolean): object {
  return prefixes && random.chance(75)
    ? { type: 'ReplacePrefixMatch', replacePrefixMatch: random.pick(['/new', '/', '/new/deep/', '/a']) }
    : { type: 'ReplaceFullPath', replaceFullPath: random.pick(['/whole', '/whole/path/', '/']) };
}

function urlRewrite(random: Random, prefixes: boolean): object {
  const hostname = random.chance(55) ? { hostname: random.pick(['inner.test', 'other.internal.test']) } : {};
  const path = random.chance(88) || !('hostname' in hostname) ? { path: pathChange(random, prefixes) } : {};
  return { type: 'URLRewrite', urlRewrite: { ...hostname, ...path } };
}

function redirect(random: Random, prefixes: boolean): object {
  const requestRedirect = {
    ...(random.chance(40) && { scheme: random.pick(['http', 'https']) }),
    ...(random.chance(40) && { hostname: 'elsewhere.test' }),
    ...(random.chance(35) && { port: random.pick([80, 443, 8080]) }),
    ...(random.chance(50) && { path: pathChange(random, prefixes) }),
    statusCode: random.pick([301, 302, 303, 307, 308]),
  };
  return { type: 'RequestRedirect', requestRedirect };
}

const origins: readonly (readonly string[])[] = [
  ['*'],
  ['https://shop.test', 'http://shop.test:8080'],
  ['https://*.shop.test'],
];

function cors(random: Random): object {
  return {
    type: 'CORS',
    cors: {
      allowOrigins: random.pick(origins),
      allowMethods: random.pick([['GET', 'PUT'], ['*']]),
      allowHeaders: random.pick([['x-one', 'x-two'], ['*']]),
      exposeHeaders: random.pick([[], ['x-base'], ['*']]),
      allowCredentials: random.chance(50),
      maxAge: random.pick([5, 600]),
    },
  };
}

function backendFilters(random: Random, hasRewrite: boolean, prefixes: boolean): readonly object[] {
  if (!random.chance(30)) return [];
  return [
    ...(random.chance(60) ? [requestModifier(random)] : []),
    ...(random.chance(40) ? [answerModifier(random)] : []),
    ...(!hasRewrite && random.chance(40) ? [urlRewrite(random, prefixes)] : []),
  ];
}

/** A rule with matches and filters of every kind, as the API lets them be combined. */
export function createRule(random: Random, services: readonly string[]): Rule {
  const types: readonly PathSample['type'][] = random.chance(45)
    ? ['PathPrefix']
    : ['Exact', 'PathPrefix', 'RegularExpression', 'RegularExpression'];
  const count = random.chance(types.length === 1 ? 80 : 45) ? 1 : 2;
  const matches = Array.from({ length: count }, () => createMatch(random, types));
  // A prefix can be replaced where the rule has exactly one match, and that by prefix.
  const prefixes = count === 1 && matches.every(({ path }) => path.type === 'PathPrefix');
  const redirects = random.chance(17);
  const rewrites = !redirects && random.chance(40);
  const hasCors = random.chance(22);
  const filters = [
    ...(!redirects && random.chance(35) ? [requestModifier(random)] : []),
    ...(random.chance(30) ? [answerModifier(random)] : []),
    ...(redirects ? [redirect(random, prefixes)] : []),
    ...(rewrites ? [urlRewrite(random, prefixes)] : []),
    ...(!redirects && random.chance(20)
      ? [{ type: 'RequestMirror', requestMirror: { backendRef: { name: random.pick(services), port: 80 } } }]
      : []),
    ...(hasCors ? [cors(random)] : []),
  ];
  const names = [random.pick(services), ...(random.chance(35) ? [random.pick([...services, 'idle', 'missing'])] : [])];
  const several = names.length > 1;
  const sticky = !several && random.chance(24);
  const backendRefs = [...new Set(names)].map((name) => ({
    name,
    port: 80,
    weight: 1 + random.below(several ? 5 : 1),
    filters: backendFilters(random, rewrites, prefixes),
  }));
  const spec = {
    matches: matches.map(matchSpec),
    filters,
    ...(redirects ? {} : { backendRefs }),
    ...(!redirects && random.chance(15) && { timeouts: { request: '20s', backendRequest: '10s' } }),
    ...(!redirects && random.chance(15) && { retry: { codes: [502], attempts: 2, backoff: '10ms' } }),
    ...(sticky && !redirects && { sessionPersistence: { type: 'Cookie', sessionName: 'session' } }),
  };
  return { matches, cors: hasCors, spec };
}
