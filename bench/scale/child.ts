import { fork } from 'node:child_process';

type Input<F> = F extends (input: infer I) => unknown ? I : never;
type Output<F> = F extends (input: never) => infer O ? O : never;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}

/** Another process that answers calls. */
export interface Child<C> {
  ask<N extends keyof C & string>(
    name: N,
    ...input: unknown extends Input<C[N]> ? [] : [Input<C[N]>]
  ): Promise<Output<C[N]>>;
  stop(): void;
}

/** Starts a module in a process of its own, which can collect its garbage. */
export function startChild<C>(module: string): Child<C> {
  const child = fork(module, { execArgv: ['--expose-gc'] });
  const waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  child.on('message', ({ id, output, error }: Answer) => {
    const taker = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) taker?.resolve(output);
    else taker?.reject(new Error(error));
  });
  child.once('exit', (code) => {
    for (const taker of waiting.values()) taker.reject(new Error(`${module} ended with ${code}`));
  });
  return {
    ask: (name, ...[input]) =>
      new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve, reject });
        const question: Question = { id: asked, name, input };
        child.send(question);
      }),
    stop: () => child.kill('SIGKILL'),
  };
}

/** Answers the calls of the process that started this one. */
export function answerCalls(calls: { readonly [name: string]: (input: never) => unknown }): void {
  process.on('message', ({ id, name, input }: Question) => {
    const call = calls[name];
    const answer = async (): Promise<Answer> => {
      try {
        return { id, output: await call?.(input as never) };
      } catch (error) {
        return { id, error: String(error) };
      }
    };
    void answer().then((message) => process.send?.(message));
  });
}
