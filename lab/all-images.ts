import type { IndexedImage } from '../src/usage/indexed-image.ts'
import type { UsageIndex } from '../src/usage/usage-index.ts'

/** Every image in all repositories of a project. */
export async function allImages(
  index: Pick<UsageIndex, 'repositories' | 'images'>,
  project: string,
): Promise<IndexedImage[]> {
  const images: IndexedImage[] = []
  for (const repository of await index.repositories(project))
    images.push(...(await index.images(project, repository)))
  return images
}
