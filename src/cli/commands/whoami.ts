import { Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { fields } from '../table.ts'

const Who = Type.Object({ role: Type.String(), version: Type.String() })

export const addWhoami: AddCommand = (program, cli) => {
  program
    .command('whoami')
    .description('Tell the role of the token, read or admin, and the version and address of the service.')
    .action(async () => {
      const service = await cli.service()
      const { role, version } = await service.get('/v1/whoami', Who)
      const { url } = service
      cli.show(
        { role, version, url },
        fields([
          ['role', role],
          ['version', version],
          ['service', url],
        ]),
      )
    })
}
