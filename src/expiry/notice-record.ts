import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Announcement, Announcements } from './notice.ts'

/** An image of an announcement: its digest, `usedAt`, and `onlyTags` if there are any. */
const Image = Type.Union([
  Type.Tuple([Type.String(), Type.Number()]),
  Type.Tuple([Type.String(), Type.Number(), Type.String()]),
])

/** The announcements of a policy in a project, as stored. Most images were announced together with others. Times are epoch µs. */
const Stored = Type.Object({
  policy: Type.String(),
  project: Type.String(),
  announcements: Type.Array(
    Type.Object({
      at: Type.Number(),
      until: Type.Number(),
      /** By repository. */
      images: Type.Record(Type.String(), Type.Array(Image)),
    }),
  ),
})

export function encodeAnnouncements(policy: string, project: string, standing: Announcements): string {
  const groups = Map.groupBy(standing, ([, { at, until }]) => `${at} ${until}`)
  const announcements = [...groups.values()].map((group) => {
    const { at, until } = (group[0] as [string, Announcement])[1]
    const images: Record<string, Static<typeof Image>[]> = {}
    for (const [name, { usedAt, onlyTags }] of group) {
      const [repository = '', digest = ''] = name.split('@')
      images[repository] ??= []
      images[repository].push(onlyTags === '' ? [digest, usedAt] : [digest, usedAt, onlyTags])
    }
    return { at, until, images }
  })
  return JSON.stringify({ policy, project, announcements } satisfies Static<typeof Stored>)
}

/** @throws if it is no such record */
export function decodeAnnouncements(body: Buffer): Announcements {
  const { announcements } = Value.Parse(Stored, JSON.parse(body.toString()))
  const found = new Map<string, Announcement>()
  for (const { at, until, images } of announcements)
    for (const [repository, some] of Object.entries(images))
      for (const [digest, usedAt, onlyTags = ''] of some)
        found.set(`${repository}@${digest}`, { at, until, usedAt, onlyTags })
  return found
}
