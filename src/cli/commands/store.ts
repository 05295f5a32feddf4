import type { Command } from 'commander'
import { StoreView } from '../../http/store-route.ts'
import type { AddCommand } from '../cli.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'

const COLUMNS = columns<StoreView>('state', 'doubt')

export const addStore: AddCommand = (program, cli) => {
  const store = addGroup(program, 'store').description("Look at Tallyman's own store.")
  const show = (view: StoreView) =>
    cli.show({
      value: view,
      columns: COLUMNS,
      lines: [view.doubt ?? 'the store is the one that Redis knows'],
    })

  withColumns(store.command('show'), COLUMNS)
    .description('Show whether the store is the one that Tallyman knows.')
    .action(async () => show(await (await cli.service()).get('/v1/store', StoreView)))

  withColumns(withYes(store.command('accept')), COLUMNS)
    .description('Accept the store as it is, after its data was lost for good.')
    .action(async (_options, command: Command) => {
      const service = await cli.service()
      await confirm(
        cli,
        command,
        'accept the store as it is, so that expiry deletes without what people kept in it',
      )
      await show(await service.post('/v1/store/accept', {}, StoreView))
    })
}
