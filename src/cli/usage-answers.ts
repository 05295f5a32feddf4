import { type Static, Type } from 'typebox'
import { Next, queryOf } from './page-options.ts'
import type { Service } from './service.ts'
import { cutText, imagesOf, pathOfProject, readTags, type TaggedImage } from './tagged-images.ts'

const Instant = Type.Union([Type.String(), Type.Null()])

/** The part of a project that the commands show. */
export const Project = Type.Object({
  id: Type.String(),
  uniqueBytes: Type.Integer(),
  exclusiveBytes: Type.Integer(),
  unreferencedBytes: Type.Integer(),
  manifests: Type.Integer(),
  tags: Type.Integer(),
  repositories: Type.Integer(),
  unresolved: Type.Integer(),
  pulls: Type.Integer(),
  scans: Type.Integer(),
  lastPushAt: Instant,
  lastPushedBy: Type.Union([Type.String(), Type.Null()]),
  lastPullAt: Instant,
  limitBytes: Type.Union([Type.Integer(), Type.Null()]),
  override: Type.Union([
    Type.Object({
      ...{ by: Type.Union([Type.String(), Type.Null()]), why: Type.Union([Type.String(), Type.Null()]) },
      until: Instant,
    }),
    Type.Null(),
  ]),
  flag: Type.String(),
  flagSince: Instant,
})
export type Project = Static<typeof Project>

export const ProjectPage = Type.Object({ projects: Type.Array(Project), ...Next })

const Refused = Type.Array(
  Type.Object({
    reason: Type.String(),
    from: Type.String(),
    detail: Type.String(),
    count: Type.Integer(),
    lastAt: Type.String(),
  }),
)

/** The part of the list of registries that the commands show. */
export const Registries = Type.Object({
  registries: Type.Array(
    Type.Object({
      name: Type.String(),
      state: Type.String(),
      projects: Type.Integer(),
      uniqueBytes: Type.Integer(),
      lastReconcileAt: Instant,
      confidence: Type.String(),
      deliveries: Type.String(),
      refused: Refused,
    }),
  ),
  refused: Refused,
})
export type Registry = Static<typeof Registries>['registries'][number]

const Reclaimable = Type.Object({ reclaimableBytes: Type.Integer() })

/** A repository of a project. */
export interface Repository {
  repository: string
  tags: number
  images: number
  /** What deleting the repository would free: bytes that no other repository of the registry holds. */
  reclaimableBytes: number
}

/** Repositories whose bytes are asked for: each is a request that costs as much as the repository is large. */
const MOST_REPOSITORIES = 20
const MOST_IMAGES = 10

/** A project with its repositories and images that have tags, the largest of each first. `left` says what is left out. */
export interface Described {
  project: Project
  repositories: Repository[]
  images: TaggedImage[]
  left: string[]
}

export async function readProject(service: Service, id: string): Promise<Described> {
  const project = await service.get(pathOfProject(id), Project)
  const { tags, isCut } = await readTags(service, id)
  const images = imagesOf(tags)
  const byRepository = Map.groupBy(images, ({ repository }) => repository)
  const repositories: Repository[] = []
  for (const [repository, itsImages] of [...byRepository].slice(0, MOST_REPOSITORIES)) {
    const path = `${pathOfProject(id)}/reclaimable${queryOf({ repository })}`
    repositories.push({
      repository,
      tags: itsImages.reduce((sum, { tags }) => sum + tags.length, 0),
      images: itsImages.length,
      ...(await service.get(path, Reclaimable)),
    })
  }
  const left = isCut ? [cutText] : []
  if (byRepository.size > MOST_REPOSITORIES)
    left.push(`repositories left out: ${byRepository.size - MOST_REPOSITORIES}, whose images are smaller`)
  if (images.length > MOST_IMAGES) left.push(`the ${MOST_IMAGES} largest images; all: tallyman images ${id}`)
  return {
    project,
    repositories: repositories.toSorted((a, b) => b.reclaimableBytes - a.reclaimableBytes),
    images: images.slice(0, MOST_IMAGES),
    left,
  }
}
