import { formatSize } from '../platform/units.ts'
import { imageTable } from './image-table.ts'
import type { Line } from './output/line.ts'
import { type Cell, fields, sizeCell, table } from './table.ts'
import type { Described, Project, Registry, Repository } from './usage-answers.ts'

/** Of each project its bytes beside its limit. */
export const projectTable = (projects: readonly Project[]): Line[] =>
  table(
    ['PROJECT', 'UNIQUE', 'LIMIT', 'USED', 'FLAG'],
    projects.map((project) => [
      ...[project.id, sizeCell(project.uniqueBytes), sizeCell(project.limitBytes)],
      ...[usedCell(project), { word: project.flag }],
    ]),
  )

/** Of each registry the bytes of all its projects, and how far they can be trusted. */
export const registryTable = (registries: readonly Registry[]): Line[] =>
  table(
    ['REGISTRY', 'PROJECTS', 'TOTAL', 'STATE', 'CONFIDENCE'],
    registries.map(({ name, projects, uniqueBytes, state, confidence }) => [
      ...[name, projects, sizeCell(uniqueBytes), state, confidence],
    ]),
  )

const usedCell = ({ uniqueBytes, limitBytes }: Project): Cell => ({
  right: limitBytes ? `${Math.floor((uniqueBytes / limitBytes) * 100)} %` : '',
})

export const projectLines = ({ project, repositories, images }: Described): Line[] => [
  ...fields(fieldsOf(project)),
  ...(images.length > 0 ? ['', ...repositoryTable(repositories), '', ...imageTable(images)] : []),
]

function fieldsOf(project: Project): [string, string | { word: string }][] {
  const { limitBytes, override, flag, flagSince, lastPushAt, lastPushedBy } = project
  return [
    ['project', project.id],
    ['unique', formatSize(project.uniqueBytes)],
    ['limit', `${limitBytes === null ? 'none' : formatSize(limitBytes)}${overrideText(override)}`],
    ['flag', flagSince === null ? { word: flag } : `${flag} since ${flagSince}`],
    ['exclusive', formatSize(project.exclusiveBytes)],
    ['unreferenced', formatSize(project.unreferencedBytes)],
    ['repositories', String(project.repositories)],
    ['manifests', String(project.manifests)],
    ['tags', String(project.tags)],
    ['pulls', `${project.pulls}, and ${project.scans} by scanners`],
    ['last push', `${lastPushAt ?? 'not known'}${lastPushedBy === null ? '' : ` by ${lastPushedBy}`}`],
    ['last pull', project.lastPullAt ?? 'never'],
  ]
}

/** Who has set the limit at run time, why and until when. */
export function overrideText(override: Project['override']): string {
  if (override === null) return ''
  const { by, why, until } = override
  return `, set by ${by ?? 'hand'}${until === null ? '' : ` until ${until}`}${why === null ? '' : `: ${why}`}`
}

const repositoryTable = (repositories: readonly Repository[]): Line[] =>
  table(
    ['REPOSITORY', 'TAGS', 'IMAGES', 'FREED IF DELETED'],
    repositories.map(({ repository, tags, images, reclaimableBytes }) => [
      ...[repository, tags, images, sizeCell(reclaimableBytes)],
    ]),
  )
