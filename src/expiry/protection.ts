import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Details } from './details/details.ts'

/**
 * Why an image must stay, whatever a policy says: half a sentence that goes on from the image, such as `it is in use: …`.
 * `undefined` if nothing protects it. `details` are null if they are not known; without them,
 * nothing is asked of them.
 */
export interface ProtectionOf {
  (image: IndexedImage, details?: Details | null): string | undefined
  /** Why it is not known what is protected: then every image is. */
  doubt?: string
}

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
    const doubt = found.find((one) => typeof one === 'string')
    const protectionOf: ProtectionOf = (image, details) => {
      for (const one of found) {
        const reason = typeof one === 'string' ? one : one(image, details)
        if (reason !== undefined) return reason
      }
      return undefined
    }
    return Object.assign(protectionOf, doubt !== undefined && { doubt })
  }
}

/** Makes a function that tells which sources fail at a registry now, and why: half a sentence each. */
export const makeFailuresOf =
  (sources: Sources) =>
  async (registry: string): Promise<string[]> =>
    (await findAll(sources, registry)).filter((found) => typeof found === 'string')
