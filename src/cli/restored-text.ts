import { imagesText } from '../expiry/amount.ts'
import type { Restored } from '../expiry/restore-image.ts'

/** What came back from the trash: `put back: 3 images and the tag pr-1 of ci/team/app@sha256:…`. */
export function restoredText({ registry, repository, digest, manifests, tags }: Restored): string {
  const count = manifests.filter(({ outcome }) => outcome === 'restored').length
  const names = tags.filter(({ outcome }) => outcome === 'restored').map(({ name }) => name)
  const parts = [
    ...(count > 0 ? [imagesText(count)] : []),
    ...(names.length > 0 ? [`the ${names.length === 1 ? 'tag' : 'tags'} ${names.join(', ')}`] : []),
  ]
  const image = `${registry}/${repository}@${digest}`
  return parts.length === 0
    ? `nothing had to be put back: the registry has ${image}`
    : `put back: ${parts.join(' and ')} of ${image}`
}

/** What did not come back, a sentence each. */
export const notRestored = ({ tags, lost }: Restored): string[] => [
  ...tags
    .filter(({ outcome }) => outcome === 'elsewhere')
    .map(({ name, names }) => `not put back: the tag ${name}, which names ${names} by now and stays there`),
  ...lost.map(
    (one) =>
      `cannot come back: ${one.digest} (${one.tags.join(', ') || 'no tag'}), which belonged to the image: ${one.why}`,
  ),
]
