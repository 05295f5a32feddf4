import { DeliveryAudit } from '../../delivery-audit/audit-view.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const COLUMNS = columns<DeliveryAudit>(
  ...(['summary', 'since', 'readAt', 'pending', 'isGrowing', 'lost', 'suspect'] as const),
  ...(['uncounted', 'vouches'] as const),
)

export const addDeliveries: AddCommand = (program, cli) => {
  withColumns(program.command('deliveries'), COLUMNS)
    .summary('Show what a registry could not deliver.')
    .description(
      'Show what the processes of a registry counted of their notifications, against what was taken.',
    )
    .argument('<REGISTRY>', 'a registry, by its name in the configuration')
    .action(async (registry: string) => {
      const service = await cli.service()
      const path = `/v1/registries/${encodeURIComponent(registry)}/delivery-audit`
      const audit = await service.get(path, DeliveryAudit)
      cli.note(audit.summary)
      for (const { address, since, problem } of audit.failing)
        cli.note(`cannot be read since ${since}: ${address}: ${problem}`)
      await cli.show({ value: audit, columns: COLUMNS, lines: linesOf(audit) })
    })
}

const linesOf = ({ processes }: DeliveryAudit) =>
  table(
    ['PROCESS', 'READ', 'EVENTS', 'DELIVERED', 'GIVEN UP', 'WAITING'],
    processes.map(({ address, readAt, events, successes, givenUp, pending }) => [
      ...[address, readAt ?? 'never', `${events}`, `${successes}`, `${givenUp}`, `${pending}`],
    ]),
  )
