import { isDigest } from './digest.ts'
import { isRepositoryName, isTag } from './name.ts'
import type { Transport } from './transport.ts'

/** What a request is about, in the registry's paths and in our errors. */
export interface Target {
  url: string
  what: string
}

// Names come out of events and other registries: nothing gets into a path that the grammar does not let through.

/** `/v2/<repository>/<rest>` @throws RegistryError if that is no repository name */
export function repositoryTarget(
  transport: Transport,
  repository: string,
  kind: string,
  rest: string,
): Target {
  if (!isRepositoryName(repository))
    throw transport.error(kind, `${JSON.stringify(repository)} is no repository name`)
  return { url: `/v2/${repository}/${rest}`, what: `${kind} ${repository}` }
}

/** @throws RegistryError if `reference` is neither tag nor digest */
export function manifestTarget(transport: Transport, repository: string, reference: string): Target {
  const { url, what } = repositoryTarget(transport, repository, 'manifest', `manifests/${reference}`)
  if (isDigest(reference)) return { url, what: `${what}@${reference}` }
  if (isTag(reference)) return { url, what: `${what}:${reference}` }
  throw transport.error(what, `${JSON.stringify(reference)} is neither tag nor digest`)
}

/** A path that ends in `digest`. @throws RegistryError if that is none */
export function digestTarget(
  transport: Transport,
  kind: 'blob' | 'referrers',
  repository: string,
  digest: string,
): Target {
  const folder = kind === 'blob' ? 'blobs' : 'referrers'
  const { url, what } = repositoryTarget(transport, repository, kind, `${folder}/${digest}`)
  if (!isDigest(digest)) throw transport.error(what, `${JSON.stringify(digest)} is no digest`)
  return { url, what: `${what}@${digest}` }
}

// Token scopes (distribution docs, "Token scope").
export const pull = (repository: string): string => `repository:${repository}:pull`
export const push = (repository: string): string => `repository:${repository}:pull,push`
export const remove = (repository: string): string => `repository:${repository}:delete`
