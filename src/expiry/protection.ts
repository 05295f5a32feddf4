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

/** Joins several sources of protection. One that fails protects every image. */
export function makeFindProtections(sources: Readonly<Record<string, FindProtection>>) {
  return async (registry: string): Promise<ProtectionOf> => {
    const found = await Promise.all(
      Object.entries(sources).map(([name, find]) =>
        find(registry).catch((error: Error): ProtectionOf => {
          const reason = `it is not known what is protected (${name}): ${error.message}`
          return () => reason
        }),
      ),
    )
    return (image, details) => {
      for (const protectionOf of found) {
        const reason = protectionOf(image, details)
        if (reason !== undefined) return reason
      }
      return undefined
    }
  }
}
