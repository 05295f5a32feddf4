import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Access } from '../access/access.ts'
import type { Audit, AuditEntry } from '../expiry/audit.ts'
import { type ImageName, parseImageName } from '../expiry/image-name.ts'
import { Keep } from '../expiry/keep.ts'
import { type Keeps, UnreadableKeep } from '../expiry/keeps.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { askedBy } from './asked-by.ts'
import { By, durationOf, Why } from './asked-for.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { requireRegistry } from './registry-named.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** Images that people keep, whatever the policies say. */
export const keepsRoute =
  (deps: {
    keeps: Pick<Keeps, 'add' | 'list' | 'remove'>
    /** Whether there is such an image. @throws RegistryError if its registry must be asked, and cannot */
    exists: (image: ImageName) => Promise<boolean>
    /** The names of those that are configured. */
    registries: readonly string[]
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    /** Whether names of people are kept, as configured now. */
    keepsNames: () => boolean
    audit: Audit
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { keeps, roles } = deps

    const all = () =>
      deps.inTurn(keeps.list).catch((error) => {
        if (error instanceof UnreadableKeep)
          throw new HttpError(409, `${error.message}; until it can, nothing expires`)
        throw error
      })

    function projectOf({ image }: Keep): string | undefined {
      const place = parseImageName(image)
      return place && deps.projectIdOf(place)
    }
    const isSeen = ({ seesAll, sees }: Access, keep: Keep): boolean => seesAll || sees(projectOf(keep))

    app.get('/v1/expiry/keeps', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'Images that people keep, the oldest keep first',
        querystring: pageQuery({
          image: Type.Optional(Type.String({ description: 'Only keeps of this name of an image.' })),
          project: Type.Optional(
            Type.String({ description: 'Only keeps of images of this project, `registry/path`.' }),
          ),
        }),
        response: {
          200: pageOf({ keeps: Type.Array(Keep, { description: 'The keeps of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ access, query: { image, project, limit, cursor } }) => {
        const after = decodeCursor(Keep.properties.id, cursor) ?? ''
        const wanted = (await all()).filter(
          (keep) =>
            keep.id > after &&
            (image ?? keep.image) === keep.image &&
            (project === undefined || project === projectOf(keep)) &&
            isSeen(access, keep),
        )
        const { items, next } = cutPage(wanted.slice(0, limit + 1), limit, ({ id }) => id)
        return { keeps: items, next }
      },
    })

    app.post('/v1/expiry/keeps', {
      onRequest: roles.within('expire'),
      schema: {
        tags: ['expiry'],
        summary: 'Keep an image, whatever the policies say',
        description:
          'It holds in every process within about two seconds, also for a run in hand. An image may have several keeps; it stays until the last one has ended.',
        body: Type.Object(
          {
            image: Type.String({
              description:
                '`registry/repository:tag`: whatever the tag names, now and later. Or `registry/repository@digest`: that image.',
            }),
            for: Type.Optional(
              Type.String({ description: 'For how long, such as 30d. Default: until it is removed.' }),
            ),
            why: Why('Why. Plans show it.'),
            by: By,
          },
          { additionalProperties: false },
        ),
        response: { 201: Keep, ...errors },
      },
      handler: async (request, reply) => {
        const { body, log } = request
        const forMs = body.for === undefined ? undefined : durationOf(body.for)
        await checkImage(body.image, request.access)
        const by = deps.keepsNames() ? (body.by ?? null) : null
        const keep = await keeps.add({ image: body.image, by, why: body.why ?? null }, forMs)
        log.info(keep, `kept: ${keep.image}`)
        await deps.audit({
          ...noteOf(keep),
          action: 'keep.added',
          by: askedBy(request, by),
        })
        return reply.code(201).send(keep)
      },
    })

    app.delete('/v1/expiry/keeps/:id', {
      onRequest: roles.within('expire'),
      schema: {
        tags: ['expiry'],
        summary: 'End a keep',
        params: Type.Object({ id: Keep.properties.id }),
        response: {
          200: Type.Object({ removed: Type.String({ description: 'The id of the keep.' }) }),
          ...errors,
        },
      },
      handler: async (request) => {
        const { access, params, log } = request
        const { id } = params
        // Who sees all projects can remove one that cannot be read, too.
        const keep = await keeps.list().then(
          (known) => known.find((one) => one.id === id),
          () => undefined,
        )
        const maySee = access.seesAll || (keep !== undefined && isSeen(access, keep))
        if (!(maySee && (await keeps.remove(id))))
          throw new HttpError(404, `there is no keep "${id}": GET /v1/expiry/keeps lists them`)
        log.info({ id }, 'a keep was removed')
        const note = keep === undefined ? { why: `the keep ${id}` } : noteOf(keep)
        await deps.audit({ ...note, action: 'keep.removed', by: askedBy(request) })
        return { removed: id }
      },
    })

    /** @throws HttpError unless there is such an image */
    async function checkImage(text: string, access: Access): Promise<void> {
      const image = parseImageName(text)
      if (image === undefined)
        throw new HttpError(
          400,
          `"${text}" is not an image: expected registry/repository@digest or registry/repository:tag`,
        )
      requireRegistry(deps.registries, image.registry)
      const isThere = async () =>
        deps.exists(image).catch((error) => {
          throw error instanceof RegistryError ? new HttpError(502, error.message) : error
        })
      if (!(access.sees(deps.projectIdOf(image)) && (await isThere())))
        throw new HttpError(404, `there is no image "${text}": neither the index nor the registry has it`)
    }
  }

/** What the audit says of a keep. */
const noteOf = ({ image, why, until }: Keep): Pick<AuditEntry, 'registry' | 'image' | 'why' | 'until'> => ({
  registry: image.slice(0, image.indexOf('/')),
  image,
  ...(why !== null && { why }),
  ...(until !== null && { until }),
})
