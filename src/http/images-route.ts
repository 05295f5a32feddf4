import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { policyImagesOf } from '../expiry/policy-images.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { wholeSize } from '../usage/whole-size.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { type InTurn, streamInTurn } from './turns.ts'

const NDJSON = 'application/x-ndjson'

const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

/** A manifest, as `tallyman expiry try` reads it. */
const Image = Type.Object({
  repository: Type.String({ description: 'The repository in the registry.' }),
  digest: Type.String({ description: 'Its digest.' }),
  tags: Type.Array(
    Type.Object({
      name: Type.String({ description: 'The name of the tag.' }),
      taggedAt: instant('Since when the tag names the image. Null if it is not known.'),
    }),
    { description: 'Its tags; none for a child of an index, and for what a moved tag left behind.' },
  ),
  pushedAt: instant('Since when the repository has it. Null if it is not known.'),
  pulledAt: instant('When it was last pulled. Null if no pull is known.'),
  createdAt: instant('When it was built, if `pushedAt` is known from that only.'),
  mediaType: Type.String({ description: 'The media type of the manifest; empty if it is not known.' }),
  sizeBytes: Type.Integer({
    description:
      'The size of the manifest with its config and layers. For an index: with its children, each content once.',
  }),
  children: Type.Array(Type.String(), { description: 'The digests of the manifests that it lists.' }),
  subject: Type.Union([Type.String(), Type.Null()], {
    description: 'The digest of the image that it signs or describes, if the repository has that.',
  }),
})

/** All manifests of a project, with what retention policies look at. */
export const imagesRoute =
  ({
    index,
    roles,
    inTurn,
  }: {
    index: UsageIndex
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/projects/:id/images', {
      onRequest: roles.read,
      schema: {
        tags: ['usage'],
        summary: "A project's manifests, also those without a tag, as a stream of lines",
        description: 'Each line is an image as JSON. An answer that is cut off is not complete.',
        params: Type.Object({
          id: Type.String({
            description: 'registry/path, URL-encoded, or with plain slashes and `/-/` after it',
          }),
        }),
        querystring: Type.Object({
          repository: Type.Optional(Type.String({ description: 'Only images of this repository.' })),
        }),
        response: {
          200: {
            description: 'The images, by repository and digest.',
            content: { [NDJSON]: { schema: Type.Unsafe<Readable>(Image) } },
          },
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ params: { id }, query: { repository } }, reply) => {
        if ((await index.usage(id)) === undefined) throw new HttpError(404, `there is no project "${id}"`)
        const names = repository === undefined ? await index.repositories(id) : [repository]
        async function* lines(): AsyncGenerator<string> {
          for (const name of names) {
            const views = imageViews(await index.images(id, name))
            if (views.length > 0) yield views.map((view) => `${JSON.stringify(view)}\n`).join('')
          }
        }
        return reply.type(NDJSON).send(await streamInTurn(inTurn, lines))
      },
    })
  }

/** The images of one repository, as policies see them. */
function imageViews(images: readonly IndexedImage[]) {
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  return policyImagesOf(images.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))).map((image) => {
    const { repository, digest, mediaType, tags, children, subject } = image
    const whole = [digest, ...children].flatMap((part) => byDigest.get(part) ?? [])
    return {
      ...{ repository, digest, mediaType, sizeBytes: wholeSize(whole) },
      tags: tags.map(({ name, taggedAt }) => ({ name, taggedAt: shown(taggedAt) })),
      ...{ pushedAt: shown(image.pushedAt), pulledAt: shown(image.pulledAt) },
      ...{ createdAt: shown(image.createdAt), children, subject },
    }
  })
}

const shown = (at: number | null): string | null => formatTimestamp(at ?? 0)
