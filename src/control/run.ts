import type { Logger } from 'pino';
import { createMetrics } from '../admin/metrics.ts';
import { createAdminServer, type AdminServer } from '../admin/server.ts';
import { createFileSource, type FileSource } from '../snapshot/files/watch.ts';
import type { Validate } from '../snapshot/files/validation.ts';
import { adminViews } from './admin-views.ts';
import { createFindings, type Finding } from './findings.ts';
import { createStandalone, type Standalone, type StandaloneOptions } from './standalone.ts';

export interface RunOptions extends Omit<StandaloneOptions, 'metrics' | 'turned'> {
  readonly paths: readonly string[];
  readonly validate: Validate;
  /** Absent: no admin port. */
  readonly admin?: { readonly address: string; readonly port: number };
  readonly log: Logger;
  /** Something new is wrong, or a finding no longer stands. */
  found(finding: Finding, stands: boolean): void;
}

/** A folder that is served. */
export interface Run {
  readonly standalone: Standalone;
  /** Where the admin port really is. */
  readonly admin: AdminServer | undefined;
  /** Resolves when every Envoy has acknowledged the first configuration and serves. */
  readonly ready: Promise<void>;
  findings(): readonly Finding[];
  stop(): Promise<void>;
}

async function whenReady(standalone: Standalone, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if ((await standalone.waitingFor()).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Reads files and folders, watches them, and runs an Envoy for each Gateway: `sallyport run`. */
export async function createRun(options: RunOptions): Promise<Run> {
  const metrics = createMetrics();
  let source: FileSource | undefined = undefined;
  const findings = createFindings({
    reading: () => source?.diagnostics() ?? [],
    state: () => standalone.state(),
    locate: (ref, field) => source?.locate(ref, field),
    found: (finding, stands) => options.found(finding, stands),
    metrics,
  });
  const standalone = createStandalone({ ...options, metrics, turned: () => findings.refresh() });
  source = createFileSource({
    ...options,
    onChange(changes) {
      if (changes.length > 0) standalone.apply(changes);
      // What is wrong with files can change where no object does.
      findings.refresh();
    },
  });
  // A folder without objects is a configuration too.
  standalone.apply([]);
  // Certificates end without anybody changing anything.
  const hourly = setInterval(() => findings.refresh(), 60 * 60 * 1000);
  const views = adminViews(standalone, metrics.registry, () => findings.current());
  const stopping = new AbortController();
  try {
    const admin =
      options.admin === undefined
        ? undefined
        : await createAdminServer(views, options.admin.address, options.admin.port);
    return {
      standalone,
      admin,
      ready: whenReady(standalone, stopping.signal),
      findings: () => findings.current(),
      async stop() {
        stopping.abort();
        clearInterval(hourly);
        findings.stop();
        source.close();
        await standalone.stop();
        await admin?.close();
      },
    };
  } catch (error) {
    clearInterval(hourly);
    findings.stop();
    source.close();
    await standalone.stop();
    throw error;
  }
}
