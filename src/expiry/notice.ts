import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { ordinaryTags, type Relations } from './relations.ts'

/** An image of which a plan deletes something. */
export interface Doomed {
  /** `repository@digest` */
  name: string
  repository: string
  digest: string
  /** As people name it: `repository:tag`, or `name` if it has no tag. */
  label: string
  /** The tags that go, joined, if the image stays for others; '' if the image goes. */
  onlyTags: string
  /** When it, or a part of it, was last pulled, pushed or tagged, epoch µs. */
  usedAt: number
  /** The names of the images that it belongs to and that are not gone: it goes after them. */
  parents: readonly string[]
  /** False for what has no tag and belongs to another image: it goes with that one. */
  isAnnounced: boolean
}

/** What people were told of an image. Times are epoch µs. */
export interface Announcement {
  at: number
  /** Until when people were told that the image is safe. */
  until: number
  /** `usedAt` and `onlyTags` of the image then. */
  usedAt: number
  onlyTags: string
}

/** By the names of images. */
export type Announcements = ReadonlyMap<string, Announcement>

export interface Judgement {
  /** The names of the images that may go now. */
  mayGo: ReadonlySet<string>
  /** Those that are to be announced now: they never were, or what was announced is void. */
  toAnnounce: readonly Doomed[]
  /** What stands with that. What has left the plan is not in it. */
  standing: Announcements
}

/**
 * Decides which images may go. An image may go once it was announced `notice` ago, has stayed in the plan since, and was
 * neither used nor pushed nor tagged since; and only if those that it belongs to may go. `doomed` has each image after
 * those that it belongs to. `now` and `notice` are in µs.
 */
export function judgeNotices(
  announced: Announcements,
  doomed: readonly Doomed[],
  now: number,
  notice: number,
): Judgement {
  const mayGo = new Set<string>()
  const toAnnounce: Doomed[] = []
  const standing = new Map<string, Announcement>()
  for (const image of doomed) {
    const isFree = image.parents.every((parent) => mayGo.has(parent))
    if (image.isAnnounced) {
      const known = announced.get(image.name)
      const isValid = known !== undefined && stillHolds(known, image, now)
      if (!isValid) toAnnounce.push(image)
      const { usedAt, onlyTags } = image
      const announcement = isValid ? known : { at: now, until: now + notice, usedAt, onlyTags }
      standing.set(image.name, announcement)
      if (now < dueOf(announcement, notice)) continue
    }
    if (isFree) mayGo.add(image.name)
  }
  return { mayGo, toAnnounce, standing }
}

/**
 * From when on an image may go, epoch µs. The notice (µs) may have been made longer or shorter since: what people were told holds,
 * and what is configured.
 */
export const dueOf = ({ at, until }: Announcement, notice: number): number => Math.max(until, at + notice)

/** An announcement of a time after now is not believed: a clock was wrong. */
const stillHolds = ({ at, usedAt, onlyTags }: Announcement, image: Doomed, now: number): boolean =>
  at <= now && image.usedAt <= usedAt && image.onlyTags === onlyTags

/** A plan of one repository. */
export interface RepositoryPlan {
  /** Each after those of the images that it belongs to. */
  decisions: readonly Decision[]
  /** By digest. */
  images: ReadonlyMap<string, IndexedImage>
  relations: Pick<Relations, 'parentsOf' | 'withDescendants'>
}

/** The images of which a plan deletes something, and which are not gone. */
export function doomedIn(
  { decisions, images, relations }: RepositoryPlan,
  isGone: (digest: string) => boolean = () => false,
): Doomed[] {
  return decisions.flatMap((decision) => {
    const image = images.get(decision.digest)
    if (decision.verdict === 'keep' || image === undefined || isGone(image.digest)) return []
    const tags = ordinaryTags(image).map(({ name }) => name)
    const parents = relations.parentsOf(image)
    const going = untagOf(decision)
    const tag = going[0] ?? tags[0]
    return {
      ...{ name: nameOf(image), repository: image.repository, digest: image.digest },
      label: tag === undefined ? nameOf(image) : `${image.repository}:${tag}`,
      onlyTags: going.join(' '),
      usedAt: Math.max(...relations.withDescendants(image).flatMap(timesOf)),
      parents: parents.filter(({ digest }) => !isGone(digest)).map(nameOf),
      isAnnounced: tags.length > 0 || parents.length === 0,
    }
  })
}

/** The tags that go, if the image stays for others. */
const untagOf = ({ untag = [] }: Decision): readonly string[] => untag.toSorted()

const nameOf = ({ repository, digest }: IndexedImage): string => `${repository}@${digest}`

const timesOf = ({ age, pulledAt, tags }: IndexedImage): number[] => [
  ...[age.at, pulledAt],
  ...tags.map((tag) => tag.age.at),
]
