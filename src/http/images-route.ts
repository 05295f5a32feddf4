import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ARTIFACT_KINDS } from '../expiry/details/artifact-kind.ts'
import type { Details, Texts } from '../expiry/details/details.ts'
import type { DetailsReader } from '../expiry/details/make-details.ts'
import { policyImagesOf } from '../expiry/policy-images.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { wholeSize } from '../usage/whole-size.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { type InTurn, makeTurns, streamInTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

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
  kind: Type.Union([...ARTIFACT_KINDS.map((kind) => Type.Literal(kind)), Type.Null()], {
    description: 'What it is. Null if that was not read from the registry yet.',
  }),
  labels: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description:
        'The labels in its config; of an index, those that all its images share. Missing if they were not read yet, and without values of more than 1,024 characters.',
    }),
  ),
  sizeBytes: Type.Integer({
    description:
      'The size of the manifest with its config and layers. For an index: with its children, each content once.',
  }),
  children: Type.Array(Type.String(), { description: 'The digests of the manifests that it lists.' }),
  subject: Type.Union([Type.String(), Type.Null()], {
    description:
      'The digest of the image that it signs or describes. If the repository lacks that: `key:` and the first 16 bytes in hex.',
  }),
})

/** All manifests of a project, with what retention policies look at. */
export const imagesRoute =
  ({
    index,
    details,
    roles,
    inTurn,
  }: {
    index: UsageIndex
    details: Pick<DetailsReader, 'budget' | 'known' | 'of'>
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    // It takes up to a minute, so other reads do not wait for it.
    const oneAtATime = makeTurns({ atOnce: 1, maxWaiting: 5, waitMs: 60_000 })

    /** Reads from the registry what is not known of these repositories, as far as it goes in a minute. */
    async function readDetails(project: string, repositories: readonly string[]): Promise<void> {
      const { registry } = splitProjectId(project)
      const budget = details.budget()
      for (const repository of repositories) {
        const images = await inTurn(() => index.images(project, repository))
        await details.of({ registry, project, repository, images, wants: { labels: true } }, budget)
      }
    }

    app.get('/v1/projects/:id/images', {
      onRequest: roles.project('read'),
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
          details: Type.Boolean({
            default: false,
            description:
              'Whether to read from the registry first what is not known of `kind` and `labels`: at most 2,000 images, and for about a minute.',
          }),
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
      handler: async ({ params: { id }, query }, reply) => {
        if ((await index.usage(id)) === undefined) throw unknownProject(id)
        const names = query.repository === undefined ? await index.repositories(id) : [query.repository]
        if (query.details) await oneAtATime(() => readDetails(id, names))
        async function* lines(): AsyncGenerator<string> {
          for (const name of names) {
            const images = await index.images(id, name)
            const views = imageViews(images, await details.known({ project: id, repository: name, images }))
            if (views.length > 0) yield views.map((view) => `${JSON.stringify(view)}\n`).join('')
          }
        }
        return reply.type(NDJSON).send(await streamInTurn(inTurn, lines))
      },
    })
  }

/** The images of one repository, as policies see them. */
function imageViews(images: readonly IndexedImage[], details: ReadonlyMap<string, Details>) {
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  return policyImagesOf(images.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))).map((image) => {
    const { repository, digest, tags, children, subject } = image
    const { kind = null, mediaType = image.mediaType, labels } = details.get(digest) ?? {}
    const whole = [digest, ...children].flatMap((part) => byDigest.get(part) ?? [])
    return {
      ...{ repository, digest, mediaType, kind, ...(labels && { labels: wholeTexts(labels) }) },
      sizeBytes: wholeSize(whole),
      tags: tags.map(({ name, taggedAt }) => ({ name, taggedAt: shown(taggedAt) })),
      ...{ pushedAt: shown(image.pushedAt), pulledAt: shown(image.pulledAt) },
      ...{ createdAt: shown(image.createdAt), children, subject },
    }
  })
}

const shown = (at: number | null): string | null => formatTimestamp(at ?? 0)

/** Those whose value is known. */
const wholeTexts = (texts: Texts): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null))
