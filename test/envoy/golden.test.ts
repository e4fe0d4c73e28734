import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createPipeline } from '../../src/control/pipeline.ts';
import type { GatewayIr } from '../../src/ir/ir.ts';
import { createMemo } from '../../src/lib/memo.ts';
import type { AnyObject } from '../../src/snapshot/object.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { buildResources } from '../../src/xds/build-resources.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { readCase } from '../golden/case.ts';
import { freePort, startEnvoy } from './envoy-under-test.ts';

const root = join(import.meta.dirname, '../golden');

function gatewaysOf(text: string): readonly GatewayIr[] {
  const objects = parseAllDocuments(text)
    .map((document) => document.toJS() as AnyObject | null)
    .filter((object) => object !== null);
  const snapshot = applyChanges(
    emptySnapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  return createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map()).translation.ir.gateways;
}

/** The Gateway with every listener on a port that is free here. */
async function onFreePorts(gateway: GatewayIr): Promise<GatewayIr> {
  const listeners = [];
  for (const listener of gateway.listeners) {
    listeners.push({ ...listener, bind: { address: '127.0.0.1', port: await freePort() } });
  }
  return { ...gateway, listeners };
}

describe('a real Envoy takes the outcome of every golden case', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  it.each(files.sort())('%s', { timeout: 60_000 }, async (file) => {
    for (const translated of gatewaysOf(readCase(join(root, file)).objects)) {
      if (translated.listeners.length === 0) continue;
      const gateway = await onFreePorts(translated);
      const envoy = await startEnvoy(buildResources(createMemo(), debianOptions, gateway));
      try {
        for (const { kind, name, bind } of gateway.listeners) {
          // Nothing answers at a port for datagrams.
          if (kind === 'Udp') await expect.poll(() => envoy.admin('/listeners')).toContain(`${name}::`);
          else await envoy.listening(bind.port);
        }
        expect(envoy.refusals).toEqual([]);
      } finally {
        await envoy.stop();
      }
    }
  });
});
