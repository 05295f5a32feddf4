import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Access } from '../access/access.ts'
import type { Audit } from '../expiry/audit.ts'
import { type ImageName, parseImageName } from '../expiry/image-name.ts'
import { damageText } from '../integrity/broken-alert.ts'
import { BrokenImage } from '../integrity/broken-image-view.ts'
import type { BrokenRecord, BrokenRecords } from '../integrity/broken-records.ts'
import { placeOf } from '../integrity/place-of.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName } from '../registry/name.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { askedBy } from './asked-by.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['registries']

/** The images that are known not to be whole, and their repair. */
export const brokenImagesRoute =
  (deps: {
    records: Pick<BrokenRecords, 'all' | 'find' | 'told'>
    queues: Pick<Queues, 'integrity'>
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    /** Those that are configured. */
    registries: readonly { name: string; type: 'registry' | 'cache' }[]
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    audit: Audit
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const names = deps.registries.map(({ name }) => name)

    app.get('/v1/broken-images', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags,
        summary: 'Images that are not whole: content of them is missing or wrong',
        description:
          'As reconciles and scrubs have found them, in order of registry, repository and digest. At most 1,000 of a registry are known.',
        querystring: pageQuery({
          registry: Type.Optional(Type.String({ description: 'Only images of this registry.' })),
          project: Type.Optional(
            Type.String({ description: 'Only images of this project, `registry/path`.' }),
          ),
        }),
        response: {
          200: pageOf({ images: Type.Array(BrokenImage, { description: 'The images of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ access, query: { registry, project, limit, cursor } }) => {
        if (registry !== undefined) registryNamed(deps.registries, registry)
        const after = decodeCursor(Type.Tuple([Type.String(), Type.String()]), cursor)
        const found: BrokenImage[] = []
        for (const name of registry === undefined ? names.toSorted() : [registry]) {
          if (after !== undefined && name < after[0]) continue
          const { copies = {} } = await deps.records.told(name)
          const copiesOf = (digest: string) =>
            copies[digest]?.filter((place) => access.sees(deps.projectIdOf(placeOf(place)))) ?? null
          for (const record of await deps.records.all(name)) {
            const isAfter = after === undefined || name > after[0] || keyOf(record) > after[1]
            const isWanted = project === undefined || record.project === project
            if (isAfter && isWanted && access.sees(record.project)) found.push(shown(name, record, copiesOf))
          }
          if (found.length > limit) break
        }
        const { items, next } = cutPage(found, limit, (one) => [one.registry, keyOf(one)])
        return { images: items, next }
      },
    })

    app.post('/v1/broken-images/repair', {
      onRequest: deps.roles.within('promote'),
      schema: {
        tags,
        summary: 'Put back what an image lacks',
        description:
          'Content that is missing or wrong is copied from a good copy into the repository of the image, by digest, and read back. Without `from`, the copy is looked for: in the trash, and in the other registries; that needs `promote` over all projects.',
        body: Type.Object(
          {
            image: Type.String({
              description: '`registry/repository:tag`, or `registry/repository@digest`.',
            }),
            from: Type.Optional(
              Type.String({
                description:
                  'Where the copy is: `registry/repository`. Without `promote` over its project, nothing is read there.',
              }),
            ),
            dryRun: Type.Boolean({
              default: false,
              description: 'Tell what would be done, and write nothing.',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 202: JobAsked, ...errors },
      },
      handler: async (request, reply) => {
        const { access, body } = request
        const image = parseImageName(body.image)
        if (image === undefined)
          throw new HttpError(
            400,
            `expected registry/repository:tag or registry/repository@digest as image, got "${body.image}"`,
          )
        if (registryNamed(deps.registries, image.registry).type === 'cache')
          throw new HttpError(409, `${image.registry} is a pull-through cache: nothing can be put into it`)
        if (!access.sees(deps.projectIdOf(image)))
          throw new HttpError(404, `there is no image "${body.image}"`)
        const from = sourceOf(body.from, access)
        const { registry, repository, reference } = image
        const digest = await digestOf(image)
        const by = askedBy(request)
        const { id = '' } = await deps.queues.integrity.add('repair', {
          ...{ kind: 'repair', registry, repository, digest, dryRun: body.dryRun, by },
          project: deps.projectIdOf(image),
          ...(reference !== digest && { tag: reference }),
          ...(from !== undefined && { from }),
        })
        if (!body.dryRun)
          await deps.audit({
            ...{ by, action: 'repair.asked', registry, project: deps.projectIdOf(image) },
            image: `${registry}/${repository}@${digest}`,
            ...(body.from !== undefined && { why: `from ${body.from}` }),
          })
        return reply.code(202).send({ job: { queue: 'integrity', id } })
      },
    })

    /** @throws HttpError */
    function sourceOf(from: string | undefined, { sees, seesAll }: Access) {
      if (from === undefined) {
        // An image may name any digest: who asks would get content of projects that are not theirs.
        if (seesAll) return undefined
        throw new HttpError(403, 'name the copy with "from": to look for one needs promote over all projects')
      }
      const place = placeOf(from)
      if (!isRepositoryName(place.repository))
        throw new HttpError(400, `expected registry/repository as from, got "${from}"`)
      registryNamed(deps.registries, place.registry)
      if (!sees(deps.projectIdOf(place))) throw new HttpError(404, `there is no repository "${from}"`)
      return place
    }

    /** A tag whose manifest is gone names nothing at the registry; the records know what it named. @throws HttpError */
    async function digestOf(image: ImageName): Promise<string> {
      const { registry, repository, reference } = image
      if (isDigest(reference)) return reference
      const found = await deps
        .clientOf(registry)
        .headManifest(repository, reference)
        .catch((error) => {
          throw error instanceof RegistryError ? new HttpError(502, error.message) : error
        })
      if (found !== undefined) return found.digest
      const records = await deps.records.all(registry)
      const known = records.find((one) => one.repository === repository && one.tags.includes(reference))
      if (known !== undefined) return known.digest
      throw new HttpError(
        404,
        `${registry}/${repository}:${reference} names nothing: give its digest, ${registry}/${repository}@sha256:…`,
      )
    }
  }

const keyOf = ({ repository, digest }: { repository: string; digest: string }): string =>
  `${repository}@${digest}`

const shown = (
  registry: string,
  { damages, ...record }: BrokenRecord,
  copiesOf: (digest: string) => string[] | null,
): BrokenImage => ({
  registry,
  ...record,
  damages: damages.map((damage) => ({
    ...damage,
    ...{ found: damage.found ?? null, at: damage.at ?? null, text: damageText(damage) },
    copies: copiesOf(damage.digest),
  })),
})
