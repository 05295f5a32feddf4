import { type Static, type TSchema, Type } from 'typebox'
import { parseTimestamp } from '../../platform/timestamp.ts'
import { ARTIFACT_KINDS, type ArtifactKind } from '../details/artifact-kind.ts'
import { PolicyError, type PolicyImage, type Scene } from './dialect.ts'
import { readShape } from './shape.ts'

/** What some programs print as null if there is none. */
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]))
const Time = Type.Union([Type.String(), Type.Null()], { description: 'RFC 3339, or null' })
const File = Type.Object(
  {
    project: orNull(Type.String()),
    pulls: Type.Optional(Type.Union([Type.Literal('complete'), Type.Literal('partial')])),
    images: Type.Array(
      Type.Object(
        {
          repository: Type.String({ minLength: 1 }),
          // OCI image spec, "Digests".
          digest: Type.String({ pattern: '^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$' }),
          tags: orNull(
            Type.Array(
              Type.Union([
                Type.String({ minLength: 1 }),
                Type.Object({ name: Type.String({ minLength: 1 }), taggedAt: Type.Optional(Time) }),
              ]),
            ),
          ),
          pushedAt: Type.Optional(Time),
          pulledAt: Type.Optional(Time),
          createdAt: Type.Optional(Time),
          mediaType: orNull(Type.String()),
          kind: orNull(Type.Enum([...ARTIFACT_KINDS])),
          labels: orNull(Type.Record(Type.String(), Type.String())),
          sizeBytes: orNull(Type.Integer({ minimum: 0 })),
          children: orNull(Type.Array(Type.String())),
          subject: orNull(Type.String()),
          immutable: orNull(Type.Boolean()),
        },
        // What `tallyman images` prints has more.
        { additionalProperties: true },
      ),
    ),
  },
  { additionalProperties: true },
)
type FileImage = Static<typeof File>['images'][number]

/** An image, and what only our own rules look at. What the file does not say is `undefined`. */
export interface ImageInFile extends PolicyImage {
  known: {
    kind: ArtifactKind | undefined
    labels: Readonly<Record<string, string>> | undefined
    sizeBytes: number | undefined
  }
}

/** The content of a file. `pulls` is as in the configuration of a registry. */
export interface ImagesFile extends Omit<Scene, 'now' | 'images'> {
  images: ImageInFile[]
  pulls: 'complete' | 'partial'
}

/**
 * Reads images as `tallyman images --output json` prints them. A tag without a time was set when its image was pushed. A time up
 * to 1970 is none: Go prints its zero as 0001-01-01, and builds that are to be reproducible state 1970.
 * @throws PolicyError with the path of what is wrong
 */
export function readImages(value: unknown): ImagesFile {
  const { images, project, pulls = 'partial' } = readShape(File, value, 'images')
  return { images: images.map(imageOf), project: project ?? '', pulls }
}

const isNoTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT/i.test(text) && Date.parse(text) <= 0

function imageOf(image: FileImage, index: number): ImageInFile {
  const at = (name: string, text: string | null | undefined): number | null => {
    if (text === null || text === undefined || isNoTime(text)) return null
    const time = parseTimestamp(text)
    if (time === undefined) throw new PolicyError(`images[${index}].${name}`, 'expected an RFC 3339 time')
    return time
  }
  const pushedAt = at('pushedAt', image.pushedAt)
  return {
    repository: image.repository,
    digest: image.digest,
    tags: (image.tags ?? []).map((tag, n) =>
      typeof tag === 'string'
        ? { name: tag, taggedAt: pushedAt }
        : {
            name: tag.name,
            taggedAt: tag.taggedAt === undefined ? pushedAt : at(`tags[${n}].taggedAt`, tag.taggedAt),
          },
    ),
    pushedAt,
    pulledAt: at('pulledAt', image.pulledAt),
    createdAt: at('createdAt', image.createdAt),
    mediaType: image.mediaType ?? '',
    labels: image.labels ?? {},
    children: image.children ?? [],
    subject: image.subject ?? null,
    immutable: image.immutable ?? false,
    known: {
      kind: image.kind ?? undefined,
      labels: image.labels ?? undefined,
      sizeBytes: image.sizeBytes ?? undefined,
    },
  }
}
