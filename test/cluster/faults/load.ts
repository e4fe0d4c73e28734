// Traffic through a Gateway, and what of its failures is the machine's own.
import { type Failure, startTraffic, type TrafficReport } from '../../load/traffic.ts';

export interface LoadTarget {
  readonly address: string;
  readonly hosts: readonly string[];
  /** A backend that nothing happens to, reached without any proxy. */
  readonly control: { readonly address: string; readonly port: number };
}

export interface Verdict {
  readonly sent: TrafficReport['sent'];
  /** What failed and must not. */
  readonly all: readonly Failure[];
  /** The same in short: how many, by kind and problem, and between which seconds of the traffic. */
  readonly failures: readonly string[];
  /** How many were late while what was sent past the proxy was slow as well. */
  readonly lateWithMachine: number;
}

export interface Load {
  goOn(seconds: number): Promise<void>;
  stop(): Promise<Verdict>;
}

/** Requests a second in all. A machine that can't send so many by itself is given a number that it can. */
const perSecond = Number(process.env['SALLYPORT_FAULTS_RATE'] ?? '500');
/** How long an answer may take, in milliseconds; longer where what is tried is not how busy the machine is. */
const answerMs = Number(process.env['SALLYPORT_FAULTS_ANSWER_MS'] ?? '1000');
/** What is sent past the proxy tells how slow the machine is: an answer takes some milliseconds where it is not. */
const control = { perSecond: 40, answerMs: 200, kinds: ['new connection', 'kept connection'] } as const;

/** Whether both waited for an answer at one time. */
function overlap(one: Failure, other: Failure): boolean {
  return one.sentAt < other.failedAt && other.sentAt < one.failedAt;
}

function summarize(failures: readonly Failure[], since: number): readonly string[] {
  const groups = Object.groupBy(failures, ({ kind, problem }) => `${kind}: ${problem}`);
  const second = (at: number) => ((at - since) / 1000).toFixed(1);
  return Object.entries(groups).map(([what, all = []]) => {
    const [first, last] = [all[0]?.sentAt ?? 0, all.at(-1)?.failedAt ?? 0];
    return `${all.length} x ${what} (${second(first)} s to ${second(last)} s)`;
  });
}

/** Starts the traffic of a fault test. Whoever starts it stops it. */
export function startLoad({ address, hosts, control: past }: LoadTarget): Load {
  const since = performance.now();
  const traffic = startTraffic({ address, port: 80, hosts, perSecond, answerMs });
  const beside = startTraffic({ ...past, ...control, hosts: ['control'] });
  return {
    goOn: (seconds) => traffic.goOn(seconds),
    async stop() {
      const [report, { failures: excuses }] = await Promise.all([traffic.stop(), beside.stop()]);
      const isMachines = (failure: Failure) =>
        failure.late && excuses.some((excuse) => excuse.late && overlap(failure, excuse));
      const all = report.failures.filter((failure) => !isMachines(failure));
      const lateWithMachine = report.failures.length - all.length;
      return { sent: report.sent, all, failures: summarize(all, since), lateWithMachine };
    },
  };
}
