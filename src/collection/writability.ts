import type { RegistryClient } from '../registry/client.ts'
import { hasNoAnswer, RegistryError } from '../registry/registry-error.ts'

/** Whether a registry takes writes; `unknown`: it does not tell who may not write. */
export type Writability = { kind: 'writable' | 'readOnly' } | { kind: 'unknown' | 'down'; why: string }

/** Statuses by which a proxy in front holds writes, or says that the registry is not there. */
const PROXIES = [423, 502, 503, 504]

/**
 * Asks a registry whether it takes writes, by a manifest that it cannot store. `repository`: one that it has; without one, it is
 * not known.
 */
export async function writabilityOf(
  client: Pick<RegistryClient, 'takesWrites' | 'ping'>,
  repository: string | undefined,
): Promise<Writability> {
  if (repository === undefined) return { kind: 'unknown', why: 'no repository of it is known' }
  try {
    return { kind: (await client.takesWrites(repository)) ? 'writable' : 'readOnly' }
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const isProxys = error.status !== undefined && PROXIES.includes(error.status)
    if (!isProxys && !hasNoAnswer(error)) return { kind: 'unknown', why: error.message }
    const isThere = await client.ping().then(
      () => true,
      () => false,
    )
    return isProxys && isThere ? { kind: 'readOnly' } : { kind: 'down', why: error.message }
  }
}
