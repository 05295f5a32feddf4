import { Type } from 'typebox'
import { AuditEntry } from '../../expiry/audit.ts'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Entries = Type.Object({ entries: Type.Array(AuditEntry), ...Next })

const COLUMNS = columns<AuditEntry>(
  ...(['at', 'by', 'action', 'image', 'project', 'registry', 'policy', 'run', 'promotion', 'token'] as const),
  ...(['outcome', 'dryRun', 'acceptShare', 'verbs', 'projects', 'counts', 'until', 'why'] as const),
)

export const addAudit: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('audit')), COLUMNS)
    .description(
      'List who or what has run and stopped expiry, kept, restored and purged images, rolled back promotions, changed quotas, and made and revoked tokens, newest first.',
    )
    .option('--run <ID>', 'list only what is about this run')
    .action(async (options: PageOptions & { run?: string }) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/audit${queryOf(query)}`, Entries),
        ...{ options, key: 'entries', columns: COLUMNS, lines: tableOf, none: 'the audit is empty' },
      })
    })
}

const tableOf = (entries: readonly AuditEntry[]) =>
  table(
    ['AT', 'BY', 'ACTION', 'ABOUT', 'OUTCOME'],
    entries.map((entry) => [entry.at, entry.by, entry.action, aboutOf(entry), outcomeOf(entry)]),
  )

const aboutOf = ({ image, project, run, policy, registry, promotion, token }: AuditEntry): string =>
  image ??
  project ??
  (token && `token ${token}`) ??
  ([registry, policy, run, promotion].filter((part) => part !== undefined).join(' ') || 'all')

function outcomeOf(entry: AuditEntry): string {
  const { dryRun, acceptShare, projects, verbs, counts = {}, outcome, until, why } = entry
  const numbers = Object.entries(counts).filter(([, count]) => count > 0)
  return [
    ...(dryRun === true ? ['dry run'] : []),
    ...(acceptShare === true ? ['share accepted'] : []),
    ...(verbs === undefined ? [] : [verbs.join(' and ')]),
    ...(projects === undefined ? [] : [`in ${projects.join(' and ')}`]),
    ...(outcome === undefined ? [] : [outcome]),
    ...numbers.map(([name, count]) => `${name} ${/bytes$/i.test(name) ? formatSize(count) : count}`),
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(why === undefined ? [] : [why]),
  ].join(', ')
}
