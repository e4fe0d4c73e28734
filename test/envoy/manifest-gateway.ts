import { createPipeline, type PipelineResult } from '../../src/control/pipeline.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import type { Translation } from '../../src/translate/translation.ts';
import { debianOptions } from '../../src/xds/options.ts';
import type { ResourcesByType } from '../../src/xds/build-resources.ts';
import { parseObjects } from '../fixture/view.ts';
import { startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';

function run(documents: readonly string[]): PipelineResult {
  const objects = parseObjects(documents.join('\n---\n'));
  const snapshot = applyChanges(
    emptySnapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  return createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
}

/** What these YAML documents come to. */
export function translationOf(documents: readonly string[]): Translation {
  return run(documents).translation;
}

/** What the Envoys of the Gateway `default/gw` are given for these YAML documents. */
export function resourcesOf(documents: readonly string[]): ResourcesByType {
  const own = run(documents).resources.get(gatewayName('default', 'gw'));
  if (own === undefined) throw new Error('no resources for default/gw');
  return own;
}

/** An Envoy that serves the Gateway `default/gw` of these YAML documents, once it listens on all ports. */
export async function startManifests(documents: readonly string[], ports: readonly number[]): Promise<EnvoyUnderTest> {
  const envoy = await startEnvoy(resourcesOf(documents));
  try {
    for (const port of ports) await envoy.listening(port);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  return envoy;
}

/** A Service `name` with port 80 that is one server of this host. */
export function serviceYaml(name: string, port: number, appProtocol?: string): string {
  const protocol = appProtocol === undefined ? '' : `, appProtocol: ${appProtocol}`;
  return `kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80${protocol}}]}
---
kind: EndpointSlice
metadata: {name: ${name}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{port: ${port}}]
endpoints: [{addresses: [127.0.0.1]}]`;
}
