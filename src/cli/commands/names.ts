import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const Text = Type.Array(Type.String())

/** What the configuration of the service names. */
export const Names = Type.Object({
  ...{ registries: Text, groups: Text, channels: Text, expiryPolicies: Text, promotionRules: Text },
})

/** What each kind of name is called. */
const KINDS: Record<keyof Static<typeof Names>, string> = {
  ...{ registries: 'registry', groups: 'group', channels: 'channel' },
  ...{ expiryPolicies: 'expiry policy', promotionRules: 'promotion rule' },
}

interface Named {
  kind: string
  name: string
}

const COLUMNS = columns<Named>('kind', 'name')

export const addNames: AddCommand = (program, cli) => {
  withColumns(program.command('names'), COLUMNS)
    .summary('List the names in the configuration of the service.')
    .description(
      'List the registries, groups, channels, expiry policies and promotion rules that the configuration of the service names.',
    )
    .action(async () => {
      const service = await cli.service()
      const names = await service.get('/v1/names', Names)
      const rows = Object.entries(KINDS).flatMap(([key, kind]): Named[] =>
        names[key as keyof typeof KINDS].map((name) => ({ kind, name })),
      )
      const lines = table(
        ['KIND', 'NAME'],
        rows.map(({ kind, name }) => [kind, name]),
      )
      await cli.show({ value: names, rows, columns: COLUMNS, lines })
    })
}
