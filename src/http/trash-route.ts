import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { Access } from '../access/access.ts'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import type { Audit } from '../expiry/audit.ts'
import { type ImageName, parseImageName } from '../expiry/image-name.ts'
import { Restored, RestoreError } from '../expiry/restore-image.ts'
import { type Trash, TrashEntry, type TrashPlace } from '../expiry/trash.ts'
import { type TrashReader, UnreadableEntry } from '../expiry/trash-reader.ts'
import { type UndoSettings, undoSettingsAt, undoUntil } from '../expiry/undo.ts'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName } from '../registry/name.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { askedBy } from './asked-by.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { type HeldSince, requireWritable } from './require-writable.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }

const { manifest, ...listed } = TrashEntry.properties
const id = {
  id: Type.String({
    description:
      'Names it in requests: registry/repository@digest, or registry/repository:tag@digest if only the tag was deleted.',
  }),
}
const ends = {
  undoUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description:
      'Until when a restore is safe: then the registry may have collected its content. Null if the configuration does not tell when that is (`expiry.gc`).',
  }),
  forgottenAt: Type.String({
    format: 'date-time',
    description: 'From when on a worker deletes the entry, once it comes to it (`expiry.trash.keep`).',
  }),
}
const Listed = Type.Object({ ...id, ...listed, ...ends })
const Shown = Type.Object({ ...id, ...listed, ...ends, manifest })

const params = Type.Object({
  id: Type.String({
    description:
      'registry/repository@digest, URL-encoded; for a tag that was deleted alone registry/repository:tag@digest. Or registry/repository:tag: of the images that had the tag, the one that lost it last.',
  }),
})

/** What expiry has deleted, images and single tags, and ways to bring it back and to delete it for good. */
export const trashRoute =
  (deps: {
    reader: TrashReader
    trash: Pick<Trash, 'forget'>
    restoreImage: (entry: TrashEntry) => Promise<Static<typeof Restored>>
    heldSince: HeldSince
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    /** What ends undo, as configured now. */
    undo: () => UndoSettings
    /** The names of those that are configured. */
    registries: readonly string[]
    audit: Audit
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader, roles, inTurn } = deps

    function endsOf({ at, registry }: Pick<TrashEntry, 'at' | 'registry'>) {
      const since = Date.parse(at)
      const until = undoUntil(undoSettingsAt(deps.undo(), registry), since)
      return {
        undoUntil: until === undefined ? null : new Date(until).toISOString(),
        forgottenAt: new Date(since + deps.undo().trash.keep).toISOString(),
      }
    }

    async function find(id: string, { seesAll, sees }: Access): Promise<TrashEntry> {
      const { digest, tag, ...place } = parseId(id)
      const entry = await inTurn(async () =>
        digest !== undefined
          ? reader.get({ ...place, digest, ...(tag !== undefined && { tag }) })
          : reader.withTag(place.registry, place.repository, tag ?? ''),
      ).catch((error) => {
        if (!(error instanceof UnreadableEntry)) throw error
        // Whose it is cannot be read either.
        if (seesAll) throw new HttpError(409, error.message)
        return undefined
      })
      if (entry === undefined || !sees(entry.project))
        throw new HttpError(404, `the trash does not have "${id}": GET /v1/trash lists what it has`)
      return entry
    }

    app.get('/v1/trash', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'Images and tags that expiry has deleted, by registry and repository',
        description:
          'An entry stays for `expiry.trash.keep`, also when its image was restored: then it has `restoredAt`. One whose delete failed has an entry, too. An entry with `tag` is of a tag that was deleted alone: another tag named its image, which stayed.',
        querystring: pageQuery({
          registry: Type.Optional(Type.String({ description: 'Only images of this registry.' })),
          repository: Type.Optional(
            Type.String({ description: 'Only images of this repository. It needs `registry`.' }),
          ),
          search: Type.Optional(
            Type.String({
              ...{ minLength: 1, maxLength: 255 },
              description:
                'Only images of repositories whose name has this text, or whose digest begins with it.',
            }),
          ),
          before: Type.Optional(
            Type.String({
              format: 'date-time',
              description: 'Only what a purge with this `before` would delete, RFC 3339.',
            }),
          ),
        }),
        response: {
          200: pageOf({ images: Type.Array(Listed, { description: 'The images of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ access, query: { registry, repository, search, before, limit, cursor } }) => {
        const after = decodeCursor(Position, cursor)
        const scope = scopeOf(registry, repository)
        const isFound = ({ repository, digest }: TrashPlace) =>
          search === undefined || repository.includes(search) || digest.startsWith(search)
        const isOld = (modifiedAt: Date) => before === undefined || modifiedAt.getTime() < Date.parse(before)
        const isWanted = (place: TrashPlace, modifiedAt: Date) =>
          isFound(place) && isOld(modifiedAt) && (access.seesAll || access.sees(deps.projectIdOf(place)))
        const { items, next } = await inTurn(() =>
          selectSeen({
            read: (most, from) => reader.list(scope, { after: from, limit: most, isWanted }),
            positionOf: reader.positionOf,
            show: ifSeen(access, ({ project }: TrashEntry) => project),
            ...{ limit, after },
          }),
        )
        const images = items.map(({ manifest: _, ...entry }) => ({
          id: idOf(entry),
          ...entry,
          ...endsOf(entry),
        }))
        return { images, next: cursorOf(next) }
      },
    })

    app.get('/v1/trash/:id', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'An image in the trash, with its manifest',
        params,
        response: { 200: Shown, ...errors },
      },
      handler: async ({ access, params }) => {
        const entry = await find(params.id, access)
        return { id: idOf(entry), ...entry, ...endsOf(entry) }
      },
    })

    app.post('/v1/trash/:id/restore', {
      onRequest: roles.within('expire'),
      schema: {
        tags: ['expiry'],
        summary: 'Bring an image back',
        description:
          'Puts back what it lists, the image, its tags, and the signatures that were deleted with it. Of a tag that was deleted alone, puts the tag back, and the image if it was deleted since. The answer comes when all is done; to ask again does no harm. If a blob or a manifest that it needs is gone, the answer is 409 and nothing was put. It is 409, too, while a collection of garbage makes the registry read-only.',
        params,
        response: { 200: Restored, ...errors },
      },
      handler: async (request) => {
        const entry = await find(request.params.id, request.access)
        if (!deps.registries.includes(entry.registry))
          throw new HttpError(409, `the registry "${entry.registry}" is not configured any more`)
        const { registry } = entry
        await requireWritable(deps.heldSince, registry)
        const note = {
          ...{ by: askedBy(request), action: 'trash.restored', registry, image: idOf(entry) },
        }
        const restored = await deps.restoreImage(entry).catch(async (error: Error) => {
          await deps.audit({ ...note, outcome: 'failed', why: error.message })
          // It may have become read-only meanwhile: that is the reason then.
          if (error instanceof RestoreError || error instanceof RegistryError)
            await requireWritable(deps.heldSince, registry)
          if (error instanceof RestoreError) throw new HttpError(409, error.message)
          if (error instanceof RegistryError)
            throw new HttpError(502, `${error.message}. What was put back until then stays: restore it again`)
          throw error
        })
        const counts = { manifests: restored.manifests.length, tags: restored.tags.length }
        await deps.audit({ ...note, outcome: 'done', counts })
        return restored
      },
    })

    app.post('/v1/trash/purge', {
      onRequest: roles.admin,
      schema: {
        tags: ['expiry'],
        summary: 'Delete old entries of the trash for good',
        description:
          'A worker does this by itself with what is older than `expiry.trash.keep`. Without its entry, an image cannot be brought back.',
        body: Type.Object(
          {
            before: Type.String({
              format: 'date-time',
              description:
                'RFC 3339. What was put into the trash before this time is deleted, by the clock of the store. What was restored counts from then on.',
            }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ purged: Type.Integer({ description: 'How many entries were deleted.' }) }),
          ...errors,
        },
      },
      handler: async (request) => {
        const { before } = request.body
        const purged = await inTurn(() => deps.trash.forget(Date.parse(before)))
        const note = { by: askedBy(request), action: 'trash.purged', why: `older than ${before}` }
        await deps.audit({ ...note, counts: { entries: purged } })
        return { purged }
      },
    })
  }

const Position = Type.String({ pattern: '^[^/]+/.+/[^/]+$', maxLength: 1000 })

const idOf = ({ registry, repository, digest, tag }: TrashPlace) =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`

const REGISTRY = /^[a-z0-9][a-z0-9-]*$/

/** @throws HttpError */
function scopeOf(registry: string | undefined, repository: string | undefined) {
  if (registry === undefined) {
    if (repository !== undefined) throw new HttpError(400, '`repository` needs `registry`')
    return {}
  }
  if (!REGISTRY.test(registry)) throw new HttpError(400, `"${registry}" is not the name of a registry`)
  if (repository !== undefined && !isRepositoryName(repository))
    throw new HttpError(400, `"${repository}" is not the name of a repository`)
  return { registry, repository }
}

/** With a digest, a tag, or both. @throws HttpError */
function parseId(id: string): Omit<ImageName, 'reference'> & { digest?: string; tag?: string } {
  const [, tagged, digest = ''] = /^([^@]+:[^@]+)@(.+)$/.exec(id) ?? []
  const image = parseImageName(tagged ?? id)
  if (image === undefined || (tagged !== undefined && !isDigest(digest)))
    throw new HttpError(
      400,
      `"${id}" is not an image: expected registry/repository@digest, registry/repository:tag or registry/repository:tag@digest`,
    )
  const { reference, ...place } = image
  if (tagged !== undefined) return { ...place, tag: reference, digest }
  return isDigest(reference) ? { ...place, digest: reference } : { ...place, tag: reference }
}
