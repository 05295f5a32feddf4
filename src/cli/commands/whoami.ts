import { Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { fields } from '../table.ts'

/** What the service says of the token. */
export const Who = Type.Object({
  ...{ who: Type.String(), verbs: Type.Array(Type.String()), projects: Type.Array(Type.String()) },
  ...{ expiresAt: Type.Union([Type.String(), Type.Null()]), version: Type.String() },
})

export const addWhoami: AddCommand = (program, cli) => {
  program
    .command('whoami')
    .description('Tell what the token may do in which projects, and the version and address of the service.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/whoami', Who)
      const { who, verbs, projects, expiresAt, version } = answer
      const { url } = service
      cli.show(
        { ...answer, url },
        fields([
          ['who', who],
          ['verbs', verbs.join(', ')],
          ['projects', projects.join(', ')],
          ...(expiresAt === null ? [] : [['expires', expiresAt] as const]),
          ['version', version],
          ['service', url],
        ]),
      )
    })
}
