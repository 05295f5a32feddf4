import { isDigest } from './digest.ts'
import { isRepositoryName, isTag } from './name.ts'
import type { Transport } from './transport.ts'

/**
 * Asks a cache before the registry for what is true now (RFC 9111, 5.2.1.4). What a digest names never changes, but it may be
 * deleted.
 */
export const TRUE_NOW = { 'cache-control': 'no-cache' }

/** What a request is about. */
export interface Target {
  /** The path at the registry. */
  url: string
  /** Names it in errors: `manifest team/app:v1`. */
  resource: string
}

// Names come from events and other registries. Only names that follow the grammar get into a path.

/** The path `/v2/<repository>/<rest>`. @throws RegistryError if `repository` is not a repository name */
export function repositoryTarget(
  transport: Transport,
  repository: string,
  kind: string,
  rest: string,
): Target {
  if (!isRepositoryName(repository))
    throw transport.error(kind, `${JSON.stringify(repository)} is not a repository name`)
  return { url: `/v2/${repository}/${rest}`, resource: `${kind} ${repository}` }
}

/** @throws RegistryError if `reference` is neither a tag nor a digest */
export function manifestTarget(transport: Transport, repository: string, reference: string): Target {
  const { url, resource } = repositoryTarget(transport, repository, 'manifest', `manifests/${reference}`)
  if (isDigest(reference)) return { url, resource: `${resource}@${reference}` }
  if (isTag(reference)) return { url, resource: `${resource}:${reference}` }
  throw transport.error(resource, `${JSON.stringify(reference)} is neither a tag nor a digest`)
}

/** A path that ends in `digest`. @throws RegistryError if `digest` is not a digest */
export function digestTarget(
  transport: Transport,
  kind: 'blob' | 'referrers',
  repository: string,
  digest: string,
): Target {
  const folder = kind === 'blob' ? 'blobs' : 'referrers'
  const { url, resource } = repositoryTarget(transport, repository, kind, `${folder}/${digest}`)
  if (!isDigest(digest)) throw transport.error(resource, `${JSON.stringify(digest)} is not a digest`)
  return { url, resource: `${resource}@${digest}` }
}

// Token scopes (distribution docs, "Token scope").
export const pull = (repository: string): string => `repository:${repository}:pull`
export const push = (repository: string): string => `repository:${repository}:pull,push`
export const remove = (repository: string): string => `repository:${repository}:delete`
