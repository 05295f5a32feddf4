import type { RegistryClient } from '../registry/client.ts'
import { LIMITS } from '../registry/limits.ts'
import { type ReachedRegistry, registryClient } from './registry-client.ts'

/** How long a registry may take for an answer, in ms. */
const ANSWER_MS = 10_000

/** Something of a configuration to try. `act` may return a remark. It throws an Error that says what is wrong. */
export interface Attempt {
  name: string
  tried: string
  act: () => Promise<string | undefined>
  /** What to do if it fails, by the error. */
  fix?: string | ((error: unknown) => string | undefined)
}

/** Asks a registry something, with a client of its own. */
export async function asking<T>(
  registry: ReachedRegistry,
  ask: (client: RegistryClient) => Promise<T>,
): Promise<T> {
  const client = registryClient(registry, { limits: { ...LIMITS, answerMs: ANSWER_MS } })
  return ask(client).finally(client.close)
}
