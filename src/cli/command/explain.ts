import { explainEgress } from '../../explain/explain-egress.ts';
import { explainRequest } from '../../explain/explain.ts';
import { renderEgress } from '../../explain/render-egress.ts';
import { renderExplanation } from '../../explain/render-explanation.ts';
import { hostOf, parseRequest, type HttpRequest } from '../../explain/request.ts';
import { load, UsageError, withUsage, type Loaded } from '../load.ts';
import { useColours } from '../terminal.ts';

export interface ExplainCommandOptions {
  readonly header: readonly string[];
  readonly gateway?: string;
  readonly from?: string;
  readonly sni?: string;
  readonly output: 'text' | 'json';
}

function parseWords(words: readonly string[]): { readonly paths: readonly string[]; readonly method: string; readonly url: string } {
  const [url, method] = words.toReversed();
  if (words.length < 3 || method === undefined || url === undefined) {
    throw new UsageError('explain takes PATH... METHOD URL, as in: sallyport explain manifests/ GET https://shop.example.com/cart');
  }
  return { paths: words.slice(0, -2), method, url };
}

function gatewayOf({ gateway }: ExplainCommandOptions): { readonly gateway?: string } {
  return gateway === undefined ? {} : { gateway };
}

/** A call that leaves: CONNECT is a tunnel, everything else a request that the gateway can read. */
function explainOutgoing({ result }: Loaded, request: HttpRequest, from: string, options: ExplainCommandOptions): string {
  const { authority, port, scheme, method, path } = request;
  const host = hostOf(authority).replace(/^\[(.*)\]$/, '$1');
  const tunnel = method === 'CONNECT';
  const call = tunnel
    ? ({ form: 'Tunnel', host, port } as const)
    : ({ form: 'Request', host, port, scheme, method, path } as const);
  const explanations = explainEgress(result.translation, call, from, gatewayOf(options));
  if (explanations.length === 0) throw new UsageError('no egress Gateway takes such a call: see sallyport check');
  if (options.output === 'json') return `${JSON.stringify(explanations, undefined, 2)}\n`;
  return explanations.map((explanation) => renderEgress(explanation, { colors: useColours(process.stdout) })).join('\n');
}

function explainIncoming({ result }: Loaded, request: HttpRequest, options: ExplainCommandOptions): string {
  const explanations = explainRequest(result.translation, request, gatewayOf(options));
  if (options.output === 'json') return `${JSON.stringify(explanations, undefined, 2)}\n`;
  return explanations
    .map((explanation) => renderExplanation(explanation, { colors: useColours(process.stdout), notChosen: 12 }))
    .join('\n');
}

/** `sallyport explain`: what a request meets, decided as Envoy decides it. */
export function explain(words: readonly string[], options: ExplainCommandOptions): Promise<void> {
  return withUsage(() => {
    const { paths, method, url } = parseWords(words);
    const { sni, header } = options;
    const request = parseRequest(method, url, { headers: header, ...(sni === undefined ? {} : { sni }) });
    if (!request.ok) throw new UsageError(request.error);
    const loaded = load(paths, new Date());
    const text =
      options.from === undefined
        ? explainIncoming(loaded, request.value, options)
        : explainOutgoing(loaded, request.value, options.from, options);
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return 0;
  });
}
