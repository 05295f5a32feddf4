import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Details } from './details/details.ts'

/**
 * Why an image must stay, whatever a policy says: half a sentence that goes on from the image, such as `it is in use: …`.
 * `undefined` if nothing protects it. `details` are null if they are not known; without them,
 * nothing is asked of them.
 */
export type ProtectionOf = (image: IndexedImage, details?: Details | null) => string | undefined

/** Finds out what protects the images of a registry now. @throws if that is not known: then every image is kept */
export type FindProtection = (registry: string) => Promise<ProtectionOf>

type Sources = Readonly<Record<string, FindProtection>>

/** What each source protects, or why that is not known: half a sentence. */
const findAll = (sources: Sources, registry: string): Promise<(ProtectionOf | string)[]> =>
  Promise.all(
    Object.entries(sources).map(([name, find]) =>
      find(registry).catch((error: Error) => `it is not known what is protected (${name}): ${error.message}`),
    ),
  )

/** Joins several sources of protection. One that fails protects every image. */
export function makeFindProtections(sources: Sources): FindProtection {
  return async (registry) => {
    const found = await findAll(sources, registry)
    return (image, details) => {
      for (const protectionOf of found) {
        const reason = typeof protectionOf === 'string' ? protectionOf : protectionOf(image, details)
        if (reason !== undefined) return reason
      }
      return undefined
    }
  }
}

/** Makes a function that tells which sources fail at a registry now, and why: half a sentence each. */
export const makeFailuresOf =
  (sources: Sources) =>
  async (registry: string): Promise<string[]> =>
    (await findAll(sources, registry)).filter((found) => typeof found === 'string')
