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

/** Joins several sources of protection. One that fails protects every image. */
export function makeFindProtections(sources: Readonly<Record<string, FindProtection>>) {
  return async (registry: string): Promise<ProtectionOf> => {
    const found = await Promise.all(
      Object.entries(sources).map(([name, find]) =>
        find(registry).catch((error: Error): ProtectionOf => {
          const doubt = `it is not known what is protected (${name}): ${error.message}`
          return Object.assign(() => doubt, { doubt })
        }),
      ),
    )
    const doubt = found.find((one) => one.doubt !== undefined)?.doubt
    const protectionOf: ProtectionOf = (image, details) => {
      for (const one of found) {
        const reason = one(image, details)
        if (reason !== undefined) return reason
      }
      return undefined
    }
    return Object.assign(protectionOf, doubt !== undefined && { doubt })
  }
}
