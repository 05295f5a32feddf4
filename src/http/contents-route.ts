import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { KnownUse } from '../expiry/age-and-use.ts'
import type { DetailsReader } from '../expiry/details/make-details.ts'
import { type Head, headsAmong } from '../expiry/heads.ts'
import type { FindProtection } from '../expiry/protection.ts'
import { ordinaryTags } from '../expiry/relations.ts'
import { inPieces } from '../platform/in-pieces.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { deletionsAmong } from '../usage/deletion.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { wholeSize } from '../usage/whole-size.ts'
import { ageOfHead, ContentsImage, contentsImage, layerKeysOf, pulledAtOf } from './contents-view.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

const SORTS = ['pushed', 'idle', 'size', 'name'] as const
type Sort = (typeof SORTS)[number]

/** The value of each order; the lowest comes first, and equal ones by digest. */
const VALUE: Record<Sort, (head: Head) => number | string> = {
  pushed: (head) => -ageOfHead(head).at,
  idle: (head) => pulledAtOf(head) || ageOfHead(head).at,
  size: ({ image, parts }) => -wholeSize([image, ...parts]),
  name: ({ image }) => (ordinaryTags(image)[0] ?? image.tags[0])?.name ?? '',
}
const Position = Type.Tuple([
  Type.Enum([...SORTS]),
  Type.Union([Type.Number(), Type.String()]),
  Type.String(),
])

/** What a repository holds, as people think of it. */
export const contentsRoute =
  (deps: {
    index: UsageIndex
    details: Pick<DetailsReader, 'known'>
    useOf: (registry: string) => Promise<KnownUse>
    findProtections: FindProtection
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index } = deps

    /** What each of these images alone would free. */
    async function freesOf(project: string, heads: readonly Head[], images: readonly IndexedImage[]) {
      const [first] = heads
      if (first === undefined) return []
      const { repository } = first.image
      const deleted = deletionsAmong(images, repository)
      const gone = heads.map(({ image, listedBy }) =>
        listedBy === undefined ? (deleted({ repository, digest: image.digest }) ?? []) : [],
      )
      const reclaim = index.reclaim(project)
      await reclaim.load(gone.flat())
      return gone.map((some) => {
        const { registryBytes } = reclaim.take(some)
        reclaim.putBack(some)
        return registryBytes
      })
    }

    app.get('/v1/projects/:id/contents', {
      onRequest: deps.roles.project('read'),
      schema: {
        tags: ['usage'],
        summary:
          'What a repository holds: its images, each with what belongs to it, and what deleting it would free',
        description:
          'An image comes with its tags, its layers, what it lists and what signs or describes it. Images that belong to another one are only told with that. A page costs as much as the repository is large.',
        params: Type.Object({
          id: Type.String({
            description: 'registry/path, URL-encoded, or with plain slashes and `/-/` after it',
          }),
        }),
        querystring: pageQuery({
          repository: Type.String({ description: 'The name of the repository in the registry.' }),
          show: Type.Enum(['tagged', 'untagged'], {
            default: 'tagged',
            description: '`untagged`: images without a tag that belong to no other.',
          }),
          sort: Type.Enum([...SORTS], {
            default: 'pushed',
            description:
              '`pushed`: the last push first. `idle`: the last pull longest ago first. `size`: the largest first. `name`: by tag.',
          }),
          search: Type.Optional(
            Type.String({ description: 'A text in a tag, in any case; or the beginning of the digest.' }),
          ),
        }),
        response: {
          200: pageOf({
            count: Type.Integer({ description: 'How many images there are in all that are asked for.' }),
            untagged: Type.Integer({
              description: 'How many images of the repository have no tag and belong to no other.',
            }),
            pulls: Type.Object(
              {
                areHeard: Type.Boolean({ description: 'Whether the registry tells of pulls.' }),
                isComplete: Type.Boolean({
                  description:
                    'Whether no use escapes: by the configuration, or since `inUse` tells what runs.',
                }),
                text: Type.String({ description: 'The same in words.' }),
              },
              { description: 'What is known of the use of images of this registry.' },
            ),
            images: Type.Array(ContentsImage, { description: 'The images of the page.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: ({ params: { id }, query }) =>
        deps.inTurn(async () => {
          const { repository, sort, limit } = query
          const after = decodeCursor(Position, query.cursor)
          if (after !== undefined && after[0] !== sort)
            throw new HttpError(
              400,
              'the cursor is not of this list: expected `next` of a page with the same order',
            )
          if ((await index.usage(id)) === undefined) throw unknownProject(id)
          const images = await index.images(id, repository)
          if (images.length === 0) throw new HttpError(404, `${id} has no repository ${repository}`)
          const all = await inPieces(headsAmong(images))
          const untagged = all.filter(({ image }) => image.tags.length === 0)
          const wanted = (
            query.show === 'untagged' ? untagged : all.filter(({ image }) => image.tags.length > 0)
          )
            .filter(({ image }) => isFound(image, query.search))
            .map((head) => ({ head, value: VALUE[sort](head) }))
          const found = wanted
            .filter((one) => after === undefined || isAfter(one, after))
            .sort((a, b) => compare(a, b))
          const { items, next } = cutPage(found, limit, ({ head, value }) => [sort, value, head.image.digest])
          const heads = items.map(({ head }) => head)
          const members = heads.flatMap(({ image, parts, referrers }) => [image, ...parts, ...referrers])
          const [shares, kinds, frees, use, pushers, protectionOf] = await Promise.all([
            index.shares(id, [...new Set(heads.flatMap(layerKeysOf))]),
            deps.details.known({ project: id, repository, images: [...new Set(members)] }),
            freesOf(id, heads, images),
            deps.useOf(splitProjectId(id).registry),
            index.pushersOf(id, repository),
            deps.findProtections(splitProjectId(id).registry),
          ])
          // Of what was not read from the registry, labels say nothing here; the plan reads them.
          const protectedBy = ({ image, parts }: Head) =>
            [image, ...parts]
              .map((one) => protectionOf(one, kinds.get(one.digest)))
              .find((why) => why !== undefined)
          const pullsSince = use.unheard === undefined ? use.since : undefined
          return {
            ...{ count: wanted.length, untagged: untagged.length, pulls: pullsView(use), next },
            images: heads.map((head, i) =>
              contentsImage(head, {
                ...{ shares, kinds, pushers, pullsSince, freesBytes: frees[i] ?? 0 },
                protectedBy: protectedBy(head),
              }),
            ),
          }
        }),
    })
  }

function pullsView({ unheard, isComplete, since }: KnownUse) {
  const heard = `Pulls are heard since ${formatTimestamp(since) ?? 'the beginning'}`
  const text =
    unheard ?? (isComplete ? `${heard}, and no use escapes.` : `${heard}. Some uses may be unknown.`)
  return { areHeard: unheard === undefined, isComplete, text }
}

function isFound({ tags, digest }: IndexedImage, search = ''): boolean {
  const text = search.toLowerCase()
  return digest.startsWith(text) || tags.some(({ name }) => name.toLowerCase().includes(text))
}

interface Placed {
  head: Head
  value: number | string
}

const compare = (a: Placed, b: Placed): number =>
  a.value === b.value ? (a.head.image.digest < b.head.image.digest ? -1 : 1) : a.value < b.value ? -1 : 1

const isAfter = (
  { head, value }: Placed,
  [, last, digest]: readonly [Sort, number | string, string],
): boolean => (value === last ? head.image.digest > digest : value > last)
