import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Schema, type SourceKind, withoutProse } from './schema.ts';

interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** The schema of one version of a custom resource, from the file of its definition. */
export function readCrd(file: string, version: string): SourceKind {
  const crd = parse(readFileSync(file, 'utf8')) as CustomResourceDefinition;
  const found = crd.spec.versions.find((candidate) => candidate.name === version);
  if (found === undefined) throw new Error(`${file} has no version ${version}`);
  return {
    kind: crd.spec.names.kind,
    apiVersion: `${crd.spec.group}/${version}`,
    schema: withoutProse(found.schema.openAPIV3Schema),
  };
}
