import { Type } from 'typebox'
import { AuditEntry } from '../../expiry/audit.ts'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

const Entries = Type.Object({ entries: Type.Array(AuditEntry), ...Next })

export const addAudit: AddCommand = (program, cli) => {
  withPage(program.command('audit'))
    .description(
      'List who or what has run and stopped expiry, kept, restored and purged images, rolled back promotions, changed quotas, and made and revoked tokens, newest first.',
    )
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/audit${queryOf(options)}`, Entries)
      if (page.entries.length === 0) cli.note('the audit is empty')
      cli.show(
        page,
        table(
          ['AT', 'BY', 'ACTION', 'ABOUT', 'OUTCOME'],
          page.entries.map((entry) => [entry.at, entry.by, entry.action, aboutOf(entry), outcomeOf(entry)]),
        ),
      )
      noteNext(cli, page)
    })
}

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
