import { spawnSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'

/** An object of Kubernetes, as it was rendered. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  [key: string]: unknown
}

/** The oldest kustomize that has components and `labels`. Debian 12 has an older one. */
const OLDEST = 5

/** Whether there is a kubectl whose kustomize is new enough. `scripts/setup.sh --for-tests` installs Debian's. */
export const hasKustomize = kustomizeVersion() >= OLDEST

function kustomizeVersion(): number {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client', '--output=json'])
  if (status !== 0) return 0
  return Number(/^v(\d+)/.exec(JSON.parse(stdout.toString()).kustomizeVersion ?? '')?.[1] ?? 0)
}

/** What `kubectl kustomize FOLDER` prints. @throws an error with what it said, also if that was only a warning */
export function renderKustomization(folder: string): KubernetesObject[] {
  const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', folder])
  if (status !== 0 || stderr.length > 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`)
  return parseAllDocuments(stdout.toString()).map((document) => document.toJS())
}
