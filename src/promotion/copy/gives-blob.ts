import type { RegistryClient } from '../../registry/client.ts'
import { RegistryError } from '../../registry/registry-error.ts'

/**
 * Whether a registry gives a byte of a blob. Distribution answers 500 if its cache has the blob and its storage has not.
 * @throws RegistryError
 */
export const givesBlob = (
  { client, repository }: { client: Pick<RegistryClient, 'readsBlob'>; repository: string },
  digest: string,
): Promise<boolean> =>
  client.readsBlob(repository, digest).catch((error) => {
    if (error instanceof RegistryError && error.status === 500) return false
    throw error
  })
