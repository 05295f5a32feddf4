import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const Stopped = Type.Object({
  stopped: Type.Array(Type.Object({ run: Type.String(), policy: Type.String(), registry: Type.String() })),
})

const COLUMNS = columns<Static<typeof Stopped>['stopped'][number]>('run', 'registry', 'policy')

/** Adds `tallyman expiry stop`. */
export function addStop(group: Command, cli: Cli): void {
  withColumns(group.command('stop'), COLUMNS)
    .summary('Stop the runs of expiry policies.')
    .description(
      'Stop the runs that are in hand or wait. A run in hand ends before its next delete. Later runs are not stopped: "mode: plan" in a policy does that.',
    )
    .argument('[POLICY]', 'only runs of this policy')
    .option('--registry <NAME>', 'only runs at this registry')
    .action(async (policy: string | undefined, { registry }: { registry?: string }) => {
      const service = await cli.service()
      const answer = await service.post('/v1/expiry/stop', { policy, registry }, Stopped)
      if (answer.stopped.length === 0) cli.note('no run is in hand or waits')
      const lines = table(
        ['STOPPED', 'REGISTRY', 'POLICY'],
        answer.stopped.map((one) => [one.run, one.registry, one.policy]),
      )
      await cli.show({ value: answer, rows: answer.stopped, columns: COLUMNS, lines })
    })
}
