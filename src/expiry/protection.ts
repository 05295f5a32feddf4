import type { IndexedImage } from '../usage/indexed-image.ts'

/**
 * Why an image must stay, whatever a policy says: half a sentence that goes on from the image, such as `it is in use: …`.
 * `undefined` if nothing protects it.
 */
export type ProtectionOf = (image: IndexedImage) => string | undefined

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
    return (image) => {
      for (const protectionOf of found) {
        const reason = protectionOf(image)
        if (reason !== undefined) return reason
      }
      return undefined
    }
  }
}
