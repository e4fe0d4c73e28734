import type { EgressCall } from '../../explain/egress.ts';
import { explainEgress, type EgressExplanation } from '../../explain/explain-egress.ts';
import { explainRequest, type Explainable, type ExplainOptions } from '../../explain/explain.ts';
import { renderEgress } from '../../explain/render-egress.ts';
import { renderExplanation } from '../../explain/render-explanation.ts';
import { parseRequest } from '../../explain/request.ts';
import { load, UsageError, withUsage, type Loaded } from '../load.ts';
import type { LiveChoice } from '../cluster/load-live.ts';
import { useColours } from '../terminal.ts';

export interface ExplainCommandOptions extends LiveChoice {
  /** The cluster as it is, in place of files. */
  readonly cluster?: boolean;
  readonly header: readonly string[];
  readonly from?: string;
  readonly gateway?: string;
  readonly sni?: string;
  readonly output: 'text' | 'json';
}

/** How many rules that lost are shown; more of them explain nothing. */
const shownNotChosen = 12;

type Call = Omit<EgressCall, 'caller'>;

function parseAuthority(text: string): Pick<Call, 'host' | 'port'> {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:@[\]/?#]+))(?::(\d{1,5}))?$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
  if (host === undefined || (port !== undefined && (port < 1 || port > 65_535))) {
    throw new UsageError(`"${text}" is not a host, with or without a port`);
  }
  return { host, ...(port !== undefined && { port }) };
}

/**
 * The calls that a workload makes for a URL. For https there are two ways out: it asks the proxy for a tunnel, or its
 * TLS connection is led to a listener that goes by server name.
 */
function parseCalls(method: string, url: string, options: ExplainCommandOptions): readonly Call[] {
  if (method.toUpperCase() === 'CONNECT' && !/^https?:/i.test(url)) {
    const target = parseAuthority(url);
    if (target.port === undefined) throw new UsageError(`CONNECT takes a host and a port, as ${target.host}:443`);
    return [{ form: 'Tunnel', ...target }];
  }
  const request = parseRequest(method, url, { headers: options.header });
  if (!request.ok) throw new UsageError(request.error);
  const { authority, scheme, port, path, method: asked } = request.value;
  const target = parseAuthority(authority);
  if (scheme === 'https' || asked === 'CONNECT') {
    return [
      { form: 'Tunnel', host: target.host, port },
      { form: 'ServerName', host: options.sni ?? target.host, port },
    ];
  }
  return [{ form: 'Request', scheme, method: asked, path, ...target }];
}

async function loadWhat(paths: readonly string[], options: ExplainCommandOptions): Promise<Loaded> {
  if (options.cluster !== true) return load(paths, new Date());
  return (await import('../cluster/load-live.ts')).loadLive(options, new Date());
}

/** The word on an object that could not be read comes first: it may be the answer. */
function warnOfErrors({ findings }: Loaded): void {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) process.stderr.write(`sallyport: there are ${errors} errors; "sallyport check" lists them\n`);
}

function explainCalls(translation: Explainable, calls: readonly Call[], from: string, asked: ExplainOptions) {
  const explanations = calls.flatMap((call) => explainEgress(translation, call, from, asked));
  return explanations.sort((a, b) => Number(b.decision.allowed) - Number(a.decision.allowed));
}

function print(text: string, values: readonly unknown[], output: 'text' | 'json'): void {
  process.stdout.write(output === 'json' ? `${JSON.stringify(values, undefined, 2)}\n` : text);
}

function egressText(explanations: readonly EgressExplanation[], colors: boolean): string {
  if (explanations.length === 0) return 'no egress Gateway has a listener that takes this call\n';
  return explanations.map((one) => renderEgress(one, { colors, notChosen: shownNotChosen })).join('\n');
}

interface Words {
  readonly paths: readonly string[];
  readonly method: string;
  readonly url: string;
}

function parseWords(words: readonly string[], cluster: boolean): Words {
  const [url, method] = words.toReversed();
  if (cluster && words.length === 2 && method !== undefined && url !== undefined) return { paths: [], method, url };
  if (cluster) throw new UsageError('explain --cluster takes METHOD URL, and no files');
  if (words.length < 3 || method === undefined || url === undefined) {
    throw new UsageError(
      'explain takes PATH... METHOD URL, as in: sallyport explain manifests/ GET https://a.example/b',
    );
  }
  return { paths: words.slice(0, -2), method, url };
}

async function explainLeaving(
  { paths, method, url }: Words,
  from: string,
  options: ExplainCommandOptions,
  asked: ExplainOptions,
): Promise<void> {
  const calls = parseCalls(method, url, options);
  const loaded = await loadWhat(paths, options);
  warnOfErrors(loaded);
  const explanations = explainCalls(loaded.result.translation, calls, from, asked);
  print(egressText(explanations, useColours(process.stdout)), explanations, options.output);
}

async function explainComing(
  { paths, method, url }: Words,
  options: ExplainCommandOptions,
  asked: ExplainOptions,
): Promise<void> {
  const sni = options.sni === undefined ? {} : { sni: options.sni };
  const request = parseRequest(method, url, { headers: options.header, ...sni });
  if (!request.ok) throw new UsageError(request.error);
  const loaded = await loadWhat(paths, options);
  warnOfErrors(loaded);
  const explanations = explainRequest(loaded.result.translation, request.value, asked);
  const look = { colors: useColours(process.stdout), notChosen: shownNotChosen };
  print(explanations.map((one) => renderExplanation(one, look)).join('\n'), explanations, options.output);
}

/** `sallyport explain`: what becomes of a request, or of a call that leaves, and why. */
export function explain(words: readonly string[], options: ExplainCommandOptions): Promise<void> {
  return withUsage(async () => {
    const parsed = parseWords(words, options.cluster === true);
    const asked = options.gateway === undefined ? {} : { gateway: options.gateway };
    if (options.from === undefined) await explainComing(parsed, options, asked);
    else await explainLeaving(parsed, options.from, options, asked);
    return 0;
  });
}
