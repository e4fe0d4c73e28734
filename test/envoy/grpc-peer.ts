import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  type status,
} from '@grpc/grpc-js';

/** What a gRPC backend saw of a call. */
export interface SeenCall {
  readonly backend: string;
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GrpcBackend {
  readonly port: number;
  /** All unary calls so far, oldest first. */
  readonly seen: readonly SeenCall[];
  stop(): void;
}

const toText = (text: string): Buffer => Buffer.from(text);
const fromText = (bytes: Buffer): string => bytes.toString();

function methodDefinition(path: string, stream: boolean) {
  return {
    path,
    requestStream: stream,
    responseStream: stream,
    requestSerialize: toText,
    requestDeserialize: fromText,
    responseSerialize: toText,
    responseDeserialize: fromText,
  };
}

function plain(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]));
}

/**
 * A gRPC server of HTTP/2 without TLS. It answers the unary calls with a JSON account of what it saw; `Chat` of every
 * service sends each message back.
 */
export async function startGrpcBackend(backend: string, services: readonly string[]): Promise<GrpcBackend> {
  const server = new Server();
  const seen: SeenCall[] = [];
  for (const service of services) {
    const unary = ['Add', 'Remove', 'List'];
    const answer = (method: string) => (call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) => {
      const account: SeenCall = { backend, path: `/${service}/${method}`, metadata: plain(call.metadata) };
      seen.push(account);
      const headers = new Metadata();
      headers.set('x-internal', backend);
      call.sendMetadata(headers);
      done(null, JSON.stringify(account));
    };
    server.addService(
      {
        ...Object.fromEntries(unary.map((method) => [method, methodDefinition(`/${service}/${method}`, false)])),
        Chat: methodDefinition(`/${service}/Chat`, true),
      },
      {
        ...Object.fromEntries(unary.map((method) => [method, answer(method)])),
        Chat: (stream: ServerDuplexStream<string, string>) => {
          stream.on('data', (message: string) => stream.write(`${backend}: ${message}`));
          stream.on('end', () => stream.end());
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, seen, stop: () => server.forceShutdown() };
}

/** How a call ended: gRPC's status, the answer's headers, and what the backend says it saw where one answered. */
export interface CallEnd {
  readonly code: status;
  readonly details: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seen?: SeenCall;
}

/** A gRPC client that speaks for the host `authority`; with `rootCertificate` over TLS. */
export function createGrpcClient(port: number, authority: string, rootCertificate?: string): Client {
  const secure = rootCertificate === undefined ? undefined : Buffer.from(rootCertificate);
  return new Client(
    `127.0.0.1:${port}`,
    secure === undefined ? credentials.createInsecure() : credentials.createSsl(secure),
    { 'grpc.default_authority': authority, 'grpc.ssl_target_name_override': authority, 'grpc.enable_retries': 0 },
  );
}

/** Makes a unary call. */
export function callUnary(client: Client, path: string, headers: Record<string, string> = {}): Promise<CallEnd> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve) => {
    let answered: SeenCall | undefined;
    let received: Record<string, string> = {};
    const options = { deadline: Date.now() + 10_000 };
    const call = client.makeUnaryRequest(path, toText, fromText, 'hello', metadata, options, (_error, text) => {
      if (text !== undefined) answered = JSON.parse(text) as SeenCall;
    });
    call.on('metadata', (headers: Metadata) => (received = plain(headers)));
    call.on('status', ({ code, details }) =>
      resolve({ code, details, headers: received, ...(answered === undefined ? {} : { seen: answered }) }),
    );
  });
}

/** Sends messages one after another on one stream, each when the one before was answered; gives the answers. */
export function chat(client: Client, path: string, messages: readonly string[]): Promise<readonly string[]> {
  const stream = client.makeBidiStreamRequest<string, string>(path, toText, fromText);
  const answers: string[] = [];
  const [first, ...rest] = messages;
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', (answer: string) => {
      answers.push(answer);
      const next = rest.shift();
      if (next === undefined) stream.end();
      else stream.write(next);
    });
    stream.on('end', () => resolve(answers));
    stream.write(first ?? '');
  });
}
