import { pluralOf } from '../../kube/resource.ts';
import { type Kind, kindTable, type ObjectRef } from '../../snapshot/object.ts';
import { closest } from '../../snapshot/validate/closest.ts';
import { loadKubeconfig } from '../../kube/kubeconfig.ts';
import { UsageError } from '../load.ts';
import { type ClusterChoice, kubeconfigOptions } from './live.ts';

/** The kind that a word means: in any case, singular or plural. */
function findKind(word: string): Kind | undefined {
  const lower = word.toLowerCase();
  const kinds = Object.keys(kindTable) as Kind[];
  return kinds.find((kind) => kind.toLowerCase() === lower || pluralOf(kind) === lower);
}

/** The object that a command is about: `KIND/NAME`, in the namespace that is given or that the kubeconfig names. */
export async function findObjectArgument(
  text: string,
  choice: ClusterChoice & { readonly namespace?: string },
): Promise<ObjectRef> {
  if (choice.namespace !== undefined) return parseObjectArgument(text, choice.namespace);
  const endpoint = await loadKubeconfig(kubeconfigOptions(choice));
  if (!endpoint.ok) throw new UsageError(endpoint.error);
  return parseObjectArgument(text, endpoint.value.namespace);
}

/** Reads `KIND/NAME`, as `httproute/cart`. */
function parseObjectArgument(text: string, namespace: string): ObjectRef {
  const [word = '', name = '', ...rest] = text.split('/');
  if (name === '' || rest.length > 0) throw new UsageError(`give an object as KIND/NAME, not "${text}"`);
  const kind = findKind(word);
  if (kind === undefined) {
    const near = closest(word, Object.keys(kindTable));
    throw new UsageError(`no kind "${word}" is read${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  return { kind, namespace: kindTable[kind].namespaced ? namespace : '', name };
}
