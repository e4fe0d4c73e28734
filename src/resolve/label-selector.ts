import type { LabelSelector } from '../../gen/kubernetes/types.ts';

type Labels = { readonly [key: string]: string };

const operators: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

/** What is wrong with a selector; undefined where it can be used. */
export function checkLabelSelector(selector: LabelSelector): string | undefined {
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (!operators.has(operator)) return `operator ${operator} of label ${key} is unknown`;
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues !== (values ?? []).length > 0) {
      return `operator ${operator} of label ${key} ${wantsValues ? 'needs' : 'takes no'} values`;
    }
  }
  return undefined;
}

/** Whether labels meet a selector that `checkLabelSelector` has nothing against. The empty selector meets all. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'In':
        return value !== undefined && (values ?? []).includes(value);
      case 'NotIn':
        return value === undefined || !(values ?? []).includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}
