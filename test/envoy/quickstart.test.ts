import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPipeline } from '../../src/control/pipeline.ts';
import { gatewayName } from '../../src/ir/name.ts';
import { demonstrations } from '../../src/quickstart/demonstration.ts';
import { startExampleServers, type ExampleServers } from '../../src/quickstart/example-servers.ts';
import { readServerPlan } from '../../src/quickstart/server-plan.ts';
import { applyChanges, emptySnapshot } from '../../src/snapshot/snapshot.ts';
import { standaloneOptions } from '../../src/translate/options.ts';
import { debianOptions } from '../../src/xds/options.ts';
import { parseObjects } from '../fixture/view.ts';
import { freePort, startEnvoy, type EnvoyUnderTest } from './envoy-under-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${root}/examples/quickstart`;
const fixedPorts = ['8080', '8443', '3128', '9001', '9191'] as const;
const ports = new Map<string, number>();
const envoys: EnvoyUnderTest[] = [];
let servers: ExampleServers | undefined;

/** The example's ports are fixed; here each is replaced, in objects and commands alike, by one that is free. */
function withFreePorts(text: string): string {
  return text.replaceAll(new RegExp(`\\b(${fixedPorts.join('|')})\\b`, 'g'), (port) => String(ports.get(port)));
}

function shell(command: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], { cwd: root, timeout: 30_000 }, (_, stdout) => resolve(stdout));
  });
}

beforeAll(async () => {
  for (const port of fixedPorts) ports.set(port, await freePort());
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'tests.yaml');
  const objects = files.flatMap((file) => parseObjects(withFreePorts(readFileSync(`${folder}/${file}`, 'utf8'))));
  const snapshot = applyChanges(
    emptySnapshot,
    objects.map((object) => ({ kind: 'put', object })),
  );
  const planned = readServerPlan(folder).servers.map((server) => ({
    ...server,
    port: ports.get(String(server.port)) ?? 0,
  }));
  const started = await startExampleServers(planned);
  if (!started.ok) throw new Error(started.error);
  servers = started.value;
  const { resources } = createPipeline(standaloneOptions, debianOptions).run(snapshot, new Map());
  for (const [gateway, listening] of [
    ['public', ['8080', '8443']],
    ['outbound', ['3128']],
  ] as const) {
    const served = resources.get(gatewayName('edge', gateway));
    if (served === undefined) throw new Error(`Gateway ${gateway} is not served`);
    const envoy = await startEnvoy(served);
    envoys.push(envoy);
    for (const port of listening) await envoy.listening(ports.get(port) ?? 0);
  }
});

afterAll(async () => {
  for (const envoy of envoys) await envoy.stop();
  await servers?.stop();
});

/** What each command of the quickstart must show, in its order. */
const shown: readonly RegExp[] = [
  /^cart on 127\.0\.0\.3[12] got GET \/cart\/7\n$/,
  /^cart-canary on 127\.0\.0\.33 got GET \/cart\/7\n$/,
  /^ *\d+ checkout-v1 on .*\n *\d+ checkout-v2 on .*\n$/,
  /^blog on 127\.0\.0\.36 got GET \/\n$/,
  /^payments\.localhost on 127\.0\.0\.1 got GET \/charge\n$/,
  /"error":"egress denied".*"pod":"shop\/checkout"/,
];

describe('the commands of the quickstart on real Envoys', () => {
  const list = demonstrations('examples/quickstart');

  it('are all known here', () => expect(list).toHaveLength(shown.length));

  it.each(list.map(({ title, command }, index) => [title, command, shown[index] ?? /^$/] as const))(
    '%s',
    async (_, command, expected) => {
      expect(await shell(withFreePorts(command))).toMatch(expected);
    },
  );

  it('are given what Envoy accepts', () => expect(envoys.flatMap((envoy) => envoy.refusals)).toEqual([]));
});
