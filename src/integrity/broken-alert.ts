import { formatSize } from '../platform/units.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { BrokenRecord } from './broken-records.ts'
import type { Damage } from './damage.ts'

/** A content that is damaged, and the images that it breaks. */
export interface DamagedContent {
  damage: Damage
  images: BrokenRecord[]
}

/** A copy in the trash of expiry. */
export const IN_TRASH = 'trash'

/** Contents, images of each, and copies of each that an alert names. */
const LISTED = { contents: 3, images: 5 }

/** The damaged contents of images: those that break the most images first. */
export function damagedContents(records: readonly BrokenRecord[]): DamagedContent[] {
  const all = records.flatMap((image) => image.damages.map((damage) => ({ damage, image })))
  const groups = [...Map.groupBy(all, ({ damage }) => damage.digest).values()]
  return groups
    .flatMap((group) => {
      const [first] = group
      return first ? [{ damage: first.damage, images: group.map(({ image }) => image) }] : []
    })
    .sort((a, b) => b.images.length - a.images.length || (a.damage.digest < b.damage.digest ? -1 : 1))
}

/**
 * Tells of images that were found broken. `contents`: what is damaged and was not told before. `total`: broken images of the
 * registry. `copiesOf`: where a content is whole, as `registry/repository` or `IN_TRASH`. `at`: RFC 3339. The same findings give the same alert.
 */
export function brokenAlert(
  registry: string,
  {
    contents,
    total,
    copiesOf,
    at,
  }: {
    contents: readonly DamagedContent[]
    total: number
    copiesOf: (digest: string) => readonly string[]
    at: string
  },
): RegistryAlert {
  const named = contents.slice(0, LISTED.contents).map(({ damage, images }) => {
    const copies = copiesOf(damage.digest)
    const [image] = images
    // The registry has it: there is nothing to put back.
    if (damage.isInFront) return `${damageText(damage)}; it breaks ${listOf(images)}.`
    const repair =
      copies.length > 0 && image
        ? ` ${whereText(copies)}: tallyman repair ${registry}/${nameOf(image)}${fromText(copies)}.`
        : ' No good copy is known.'
    return `${damageText(damage)}; it breaks ${listOf(images)}.${repair}`
  })
  const more = contents.length - named.length
  return {
    id: jobId(
      'images broken',
      registry,
      at,
      ...contents.slice(0, LISTED.contents).map((c) => c.damage.digest),
    ),
    ...{ at, registry, event: 'images.broken' as const },
    text: [
      `${registry}: ${total === 1 ? 'an image is' : `${total} images are`} not whole.`,
      ...named,
      ...(more > 0 ? [`And ${more} more contents: tallyman broken lists them.`] : []),
    ].join(' '),
  }
}

const whereText = (copies: readonly string[]): string =>
  copies.includes(IN_TRASH) ? 'A good copy is in the trash' : `A good copy is at ${copies.join(', ')}`

/** A repair looks into the trash unless it is told where to look. */
const fromText = (copies: readonly string[]): string =>
  copies.includes(IN_TRASH) ? '' : ` --from ${copies[0]}`

/** Tells that no image of a registry is known to be broken any more. */
export const wholeAlert = (registry: string, at: string): RegistryAlert => ({
  id: jobId('images whole', registry, at),
  ...{ at, registry, event: 'images.whole' as const },
  text: `${registry}: no image is known to be broken any more`,
})

/** What is wrong with a content, in words. */
export function damageText({ digest, part, fault, size, found, at }: Damage): string {
  const what = `the ${part === 'child' ? 'listed manifest' : part} ${digest}`
  const stated = size > 0 ? ` (${formatSize(size)})` : ''
  const byWhom = at === undefined ? '' : ` (${at})`
  switch (fault) {
    case 'missing':
      return `${what}${stated} is missing${byWhom}`
    case 'size':
      return `${what} has ${found} bytes, not ${size}${byWhom}`
    case 'corrupt':
      return `${what}${stated} has other bytes than its digest says${byWhom}`
  }
}

/** `repository:tag`, or by its digest if it has no tag. */
export const nameOf = ({ repository, digest, tags }: BrokenRecord): string =>
  tags[0] === undefined ? `${repository}@${digest}` : `${repository}:${tags[0]}`

function listOf(images: readonly BrokenRecord[]): string {
  const names = images.slice(0, LISTED.images).map((image) => {
    const others = image.tagCount > 1 ? ` and ${image.tagCount - 1} more tags` : ''
    return `${nameOf(image)}${others} (${image.project})`
  })
  const more = images.length - names.length
  return names.join(', ') + (more > 0 ? ` and ${more} more images` : '')
}
