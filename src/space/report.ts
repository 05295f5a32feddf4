import { type Static, Type } from 'typebox'
import { HIDDEN_KINDS } from '../storage/storage.ts'
import { type Amount, PARTS, type Survey } from './survey.ts'

const bytes = (description: string) => Type.Integer({ minimum: 0, description: `${description} In bytes.` })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const instant = (description: string) => Type.String({ format: 'date-time', description })

const amountOf = (what: string) =>
  Type.Object({ objects: count('How many objects.'), bytes: bytes('Their bytes.') }, { description: what })

const DESCRIPTIONS: Record<(typeof PARTS)[number], string> = {
  referenced: 'Blobs that a manifest of a repository names, and these manifests.',
  unreferenced: 'Blobs that no manifest names, and that a repository links: a collection deletes them.',
  orphaned: 'Blobs that no manifest names and no repository links: a collection deletes them.',
  links: 'The small files that link repositories and tags to blobs.',
  uploads: 'What was uploaded and not completed.',
  trash: 'Blobs that Tallyman collected, and deletes for good once `gc.trash` has passed.',
  other: 'What no registry wrote.',
  version: 'Older versions that the bucket keeps, also of what was deleted.',
  marker: 'Marks of a versioned bucket that something was deleted.',
  upload: 'Multipart uploads that were neither completed nor aborted.',
  segment: 'Segments of large objects of Swift that no object uses.',
  deleted: 'What was deleted, and is kept by the store for some time.',
}

/** Ages of open uploads, in ms, and how people write them. Registries delete those of a week (`uploadpurging`). */
const AGES = [
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 7 * 86_400_000],
] as const

/** How many missing blobs and unreadable manifests a report names. */
const NAMED = 100

/** What a registry's storage holds, as of one survey. */
export const StorageReport = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  place: Type.String({ description: 'Where its storage is.' }),
  at: instant('When the survey began.'),
  tookMs: Type.Integer({ description: 'How long it took, in ms.' }),
  total: amountOf('All that the storage holds: the sum of the parts.'),
  parts: Type.Object(
    Object.fromEntries(PARTS.map((part) => [part, amountOf(DESCRIPTIONS[part])])) as Record<
      (typeof PARTS)[number],
      ReturnType<typeof amountOf>
    >,
    { description: 'What it holds. The parts add up to `total`.' },
  ),
  collectable: amountOf('What a collection of garbage would free now: `unreferenced` and `orphaned`.'),
  projects: Type.Array(
    Type.Object({
      project: Type.Union([Type.String(), Type.Null()], {
        description: 'The project, `registry/path`. Null: several projects, or none, link these blobs.',
      }),
      ...{ objects: count('How many blobs.'), bytes: bytes('Their bytes.') },
    }),
    { description: 'Who uploaded what a collection would free, the most bytes first.' },
  ),
  uploads: Type.Array(
    Type.Object({
      youngerThan: Type.Union([Type.Enum(['hour', 'day', 'week']), Type.Null()], {
        description: 'Younger than this, and not than the one before. Null: the rest.',
      }),
      ...{ uploads: count('How many uploads.'), bytes: bytes('Their bytes.') },
      oldestAt: Type.Optional(instant('When the oldest of them began.')),
    }),
    { description: 'Uploads that are not complete, by the time since they began.' },
  ),
  unreadable: Type.Object(
    {
      count: count('How many.'),
      digests: Type.Array(Type.String(), { description: `The first ${NAMED}.` }),
    },
    {
      description:
        'Manifests that a repository links, and that are missing or cannot be read. The collector of a registry may stop at one.',
    },
  ),
  missing: Type.Object(
    {
      count: count('How many.'),
      blobs: Type.Array(
        Type.Object({
          digest: Type.String({ description: 'The blob.' }),
          namedBy: Type.String({ description: 'A manifest that names it.' }),
        }),
        { description: `The first ${NAMED}.` },
      ),
    },
    {
      description: 'Blobs that manifests name and that are not in the storage: images that cannot be pulled.',
    },
  ),
  linksWithoutBlob: count(
    'Links of repositories to blobs that are not there. The collector of a registry leaves them behind; they do no harm.',
  ),
  unlisted: Type.Array(
    Type.Object({
      kinds: Type.Array(Type.Enum([...HIDDEN_KINDS]), {
        description: 'Parts that may hold something. Empty: folders that no registry wrote.',
      }),
      reason: Type.String({ description: 'What the store says.' }),
    }),
    { description: 'Parts that the store does not list, or not to this login. They count as nothing.' },
  ),
})
export type StorageReport = Static<typeof StorageReport>

/** Makes the report of a survey. `at` and `now`: epoch ms. */
export function reportOf(
  survey: Survey,
  { registry, place, at, now }: { registry: string; place: string; at: number; now: number },
): StorageReport {
  const { parts, candidates, uploads, unreadable, missing, linksWithoutBlob, unlisted } = survey
  return {
    ...{ registry, place, parts, linksWithoutBlob, at: new Date(at).toISOString(), tookMs: now - at },
    total: sumOf(Object.values(parts)),
    collectable: sumOf([parts.unreferenced, parts.orphaned]),
    projects: byProject(candidates),
    uploads: [...AGES, [null, Infinity] as const].map(([youngerThan, ms], n) => {
      const from = AGES[n - 1]?.[1] ?? -Infinity
      const some = uploads.filter(({ startedAt }) => at - startedAt < ms && at - startedAt >= from)
      const oldest = Math.min(...some.map(({ startedAt }) => startedAt))
      return {
        ...{ youngerThan, uploads: some.length, bytes: sumOf(some).bytes },
        ...(some.length > 0 && { oldestAt: new Date(oldest).toISOString() }),
      }
    }),
    unreadable: { count: unreadable.length, digests: unreadable.slice(0, NAMED) },
    missing: { count: missing.length, blobs: missing.slice(0, NAMED) },
    unlisted: unlisted.map(({ kinds, reason }) => ({ kinds: [...kinds], reason })),
  }
}

function byProject(candidates: Survey['candidates']): StorageReport['projects'] {
  const groups = Map.groupBy(candidates, ({ project }) => project ?? null)
  return [...groups]
    .map(([project, blobs]) => ({
      project,
      objects: blobs.length,
      bytes: blobs.reduce((sum, { size }) => sum + size, 0),
    }))
    .toSorted((a, b) => b.bytes - a.bytes || (String(a.project) < String(b.project) ? -1 : 1))
}

const sumOf = (amounts: readonly Amount[]): Amount => ({
  objects: amounts.reduce((sum, { objects }) => sum + objects, 0),
  bytes: amounts.reduce((sum, one) => sum + one.bytes, 0),
})
