import type { IndexedImage } from '../../src/usage/indexed-image.ts'

export const nameOf = (image: { repository: string; digest: string }) => `${image.repository}@${image.digest}`
const keyOf = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 32)
const subjectOfTag = (tag: string) => /^sha256-([0-9a-f]{64})/.exec(tag)?.[1]?.slice(0, 32)
export const ordinary = (image: IndexedImage) =>
  image.tags.filter(({ name }) => subjectOfTag(name) === undefined)

/** The images of the repository that are related to `image`. */
export function around(images: readonly IndexedImage[], image: IndexedImage) {
  const near = images.filter(({ repository }) => repository === image.repository)
  const find = (key: string) => near.find((other) => keyOf(other.digest) === key)
  const partsOf = (whole: IndexedImage) => (whole.references ?? []).filter(({ kind }) => kind !== 'subject')
  const children = partsOf(image).flatMap(({ key }) => find(key) ?? [])
  const parents = near.filter((whole) => partsOf(whole).some(({ key }) => key === keyOf(image.digest)))
  const subjectKeys = [
    ...image.tags.flatMap(({ name }) => subjectOfTag(name) ?? []),
    ...(image.references ?? []).flatMap(({ kind, key }) => (kind === 'subject' ? [key] : [])),
  ]
  const subjects = subjectKeys.flatMap((key) => find(key) ?? [])
  return { children, parents, subjects, lacksSubject: subjects.length < subjectKeys.length }
}
