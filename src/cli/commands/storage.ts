import { Type } from 'typebox'
import { Finding } from '../../doctor/finding.ts'
import { formatSize } from '../../platform/units.ts'
import { JobAsked } from '../../queue/job-status.ts'
import { StorageReport } from '../../space/report.ts'
import { PARTS } from '../../space/survey.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { ExitStatus } from '../exit-status.ts'
import { findingLines } from '../finding-lines.ts'
import { followJob } from '../follow-job.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { LONG_MS } from '../service.ts'
import { table } from '../table.ts'

const COLUMNS = columns<StorageReport>(
  ...(['registry', 'place', 'at', 'tookMs'] as const),
  ...(['total.objects', 'total.bytes', 'collectable.objects', 'collectable.bytes'] as const),
  ...PARTS.flatMap((part) => [`parts.${part}.objects`, `parts.${part}.bytes`] as const),
  ...(['unreadable.count', 'missing.count', 'linksWithoutBlob'] as const),
)

const Findings = Type.Object({ ok: Type.Boolean(), findings: Type.Array(Finding) })

const FINDING_COLUMNS = columns<Finding>('level', 'rule', 'sure', 'what', 'why', 'fix', 'check')

/** Projects that are shown. All are in the other formats. */
const FEW = 10

export const addStorage: AddCommand = (program, cli) => {
  const storage = addGroup(program, 'storage').description("Look at a registry's own storage.")

  withColumns(storage.command('report'), COLUMNS)
    .description('Show what the storage of a registry holds, and what a collection of garbage would free.')
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .option('--survey', 'survey it now; without this, as of the last survey')
    .action(async (registry: string, { survey }: { survey?: true }) => {
      const service = await cli.service()
      const path = `/v1/registries/${encodeURIComponent(registry)}/storage`
      const report = survey
        ? await followJob(service, cli, await service.post(path, {}, JobAsked), StorageReport)
        : await service.get(path, StorageReport)
      noteProblems(cli, report)
      await cli.show({ value: report, columns: COLUMNS, lines: linesOf(report) })
    })

  withColumns(storage.command('doctor'), FINDING_COLUMNS)
    .description(
      'Tell what in the storage of a registry would bite, and what to do about it. Status 1 if something is wrong.',
    )
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const path = `/v1/registries/${encodeURIComponent(registry)}/storage/doctor`
      const value = await service.get(path, Findings, LONG_MS)
      const { ok, findings } = value
      await cli.show({ value, rows: findings, columns: FINDING_COLUMNS, lines: findingLines(findings) })
      if (!ok) throw new ExitStatus(1)
    })
}

function noteProblems(cli: Pick<Cli, 'note'>, { unlisted, missing, unreadable, place, at }: StorageReport) {
  cli.note(`${place}, as of ${at}`)
  for (const { kinds, reason } of unlisted)
    cli.note(`not known: ${kinds.length === 0 ? '' : `${kinds.join(', ')}: `}${reason}`)
  if (missing.count > 0) cli.note(`blobs that images need and that are not there: ${missing.count}`)
  if (unreadable.count > 0) cli.note(`manifests that are missing or cannot be read: ${unreadable.count}`)
}

function linesOf({ parts, total, collectable, projects, uploads }: StorageReport): Line[] {
  const rows = PARTS.filter((part) => parts[part].objects > 0).map((part) => [
    ...[part, String(parts[part].objects), formatSize(parts[part].bytes)],
  ])
  const open = uploads.filter((one) => one.uploads > 0)
  return [
    ...table(['PART', 'OBJECTS', 'SIZE'], [...rows, ['all', String(total.objects), formatSize(total.bytes)]]),
    '',
    `a collection of garbage would free ${formatSize(collectable.bytes)}: blobs ${collectable.objects}`,
    ...table(
      ['UPLOADED BY', 'BLOBS', 'SIZE'],
      projects
        .slice(0, FEW)
        .map(({ project, objects, bytes }) => [
          project ?? '(several, or none)',
          String(objects),
          formatSize(bytes),
        ]),
    ),
    ...(open.length === 0 ? [] : ['']),
    ...table(
      ['OPEN UPLOADS OF', 'UPLOADS', 'SIZE'],
      open.map(({ youngerThan, uploads, bytes }) => [
        ...[youngerThan === null ? 'more than a week' : `less than a ${youngerThan}`, String(uploads)],
        formatSize(bytes),
      ]),
    ),
  ]
}
