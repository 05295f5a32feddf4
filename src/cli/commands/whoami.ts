import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { fields } from '../table.ts'

/** What the service says of the token. */
export const Who = Type.Object({
  ...{ who: Type.String(), verbs: Type.Array(Type.String()), projects: Type.Array(Type.String()) },
  ...{ expiresAt: Type.Union([Type.String(), Type.Null()]), version: Type.String() },
})

const COLUMNS = columns<Static<typeof Who> & { url: string }>(
  ...(['who', 'verbs', 'projects', 'expiresAt', 'version', 'url'] as const),
)

export const addWhoami: AddCommand = (program, cli) => {
  withColumns(program.command('whoami'), COLUMNS)
    .description('Tell what the token may do in which projects, and the version and address of the service.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/whoami', Who)
      const { who, verbs, projects, expiresAt, version } = answer
      const { url } = service
      await cli.show({
        ...{ value: { ...answer, url }, columns: COLUMNS },
        lines: fields([
          ['who', who],
          ['verbs', verbs.join(', ')],
          ['projects', projects.join(', ')],
          ...(expiresAt === null ? [] : [['expires', expiresAt] as const]),
          ['version', version],
          ['service', url],
        ]),
      })
    })
}
