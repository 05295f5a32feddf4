import { dumpYaml, loadYaml } from '@kubernetes/client-node'
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as apps from 'kubernetes-models/apps/v1'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as rbac from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import * as core from 'kubernetes-models/v1'
import { parse, stringify } from 'yaml'
import type { KubernetesObject } from '../../lab/kustomize.ts'

type Model = new (data: never) => { validate(): void }

const MODELS: Record<string, Record<string, unknown>> = {
  v1: core,
  'apps/v1': apps,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
  'rbac.authorization.k8s.io/v1': rbac,
  'monitoring.coreos.com/v1': monitoring,
}

/** Checks types and required fields by Kubernetes' OpenAPI schema. @throws an error that names the field */
export function checkBySchema(object: KubernetesObject): void {
  const model = MODELS[object.apiVersion]?.[object.kind] as Model | undefined
  if (model === undefined) throw new Error(`no schema of ${object.apiVersion} ${object.kind}`)
  new model(object as never).validate()
}

/** The object without the fields that Kubernetes does not know. Custom resources come back whole. */
export function withoutUnknownFields(object: KubernetesObject): unknown {
  return parse(dumpYaml(loadYaml(stringify(object))))
}
