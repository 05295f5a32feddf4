import type { RegistryClient } from '../registry/client.ts'
import { hasNoAnswer, RegistryError } from '../registry/registry-error.ts'

/** The registry deletes nothing at all, so no other image can be deleted, either. */
export class DeletesDisabled extends Error {
  override readonly name = 'DeletesDisabled'

  constructor(registry: string) {
    super(`the registry "${registry}" does not delete: see its setting storage.delete.enabled`)
  }
}

/** Statuses that are of no image: wrong credentials, and too many requests, which the caller waits for. */
const OF_NO_IMAGE = [401, 429]

/**
 * What becomes of an image or a tag for which a request to the registry failed. What the registry refuses, it keeps; a later
 * run tries again what failed. @throws what ends the run: DeletesDisabled, wrong credentials, too many requests, a registry that is away, and
 * what no registry has caused
 */
export async function outcomeOfError(
  error: unknown,
  client: Pick<RegistryClient, 'refusesDeletes' | 'hasGitLabApi'>,
  repository: string,
): Promise<{ outcome: 'refused' | 'failed'; why: string }> {
  if (!(error instanceof RegistryError) || hasNoAnswer(error)) throw error
  if (OF_NO_IMAGE.includes(error.status ?? 0)) throw error
  const { status = 0, retry, registry, answer, message } = error
  const isRefused = !retry && status >= 400 && status < 500
  if (!isRefused) return { outcome: 'failed', why: message }
  // A registry may refuse one image so, or all.
  if (status === 405 && (await refusesAll(client, repository))) throw new DeletesDisabled(registry)
  // GitLab protects tags and makes them immutable by rules of its own.
  const isGitLab = await client.hasGitLabApi().catch(() => false)
  return { outcome: 'refused', why: `kept by ${isGitLab ? 'GitLab' : 'the registry'}: ${answer}` }
}

/** Whether the registry deletes nothing. If it does not tell, what it has refused counts. */
const refusesAll = (client: Pick<RegistryClient, 'refusesDeletes'>, repository: string): Promise<boolean> =>
  client.refusesDeletes(repository).catch((error) => {
    if (!(error instanceof RegistryError) || hasNoAnswer(error)) throw error
    if (OF_NO_IMAGE.includes(error.status ?? 0)) throw error
    return false
  })
