// npm run cluster:up | cluster:down | cluster:load-images | cluster:images | cluster:tools
import { parseArgs } from 'node:util';
import { down, installCrds, up } from './cluster.ts';
import { imageNames, knownImages, loadController, loadImages, makeImages } from './images.ts';
import { chosenInstance, kubeconfigPath } from './instance.ts';
import { channels, conformanceProgram, helmProgram, kubectlProgram } from './programs.ts';
import { ClusterError, runProgram } from './run.ts';

async function main(): Promise<void> {
  const { verb, names, channel, tag } = readArguments();
  const instance = chosenInstance();
  switch (verb) {
    case 'up':
      await up(instance);
      if (channel !== undefined) await installCrds(kubeconfigPath(instance), channel);
      process.stdout.write(`KUBECONFIG=${kubeconfigPath(instance)}\n`);
      return;
    case 'down':
      return down(instance);
    case 'load-images':
      return tag === undefined ? loadImages(instance, imagesOf(names)) : loadController(instance, tag);
    case 'images':
      process.stdout.write(`${(await makeImages(imagesOf(names))).join('\n')}\n`);
      return;
    case 'tools':
      process.stdout.write(`KUBECTL=${await kubectlProgram()}\nHELM=${await helmProgram()}\n`);
      process.stdout.write(`CONFORMANCE=${await conformanceProgram()}\n`);
      return;
    default:
      throw new ClusterError('one of: up, down, load-images, images, tools');
  }
}

/** The images that are named, or those that every suite may need. */
function imagesOf(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !knownImages.includes(name));
  if (unknown !== undefined) throw new ClusterError(`"${unknown}" is none of the images ${knownImages.join(', ')}`);
  return names.length === 0 ? imageNames : names;
}

function readArguments() {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { 'gateway-api': { type: 'string' }, tag: { type: 'string' } },
    });
    const { 'gateway-api': name, tag } = values;
    const channel = channels.find((known) => known === name);
    if (channel !== name) throw new ClusterError(`--gateway-api is one of: ${channels.join(', ')}`);
    const [verb, ...names] = positionals;
    return { verb, names, channel, tag };
  } catch (error) {
    // What parseArgs throws says what is wrong in its first sentence.
    if (error instanceof TypeError) throw new ClusterError(error.message.split('. ')[0]);
    throw error;
  }
}

await runProgram(main);
