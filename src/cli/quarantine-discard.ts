import { Type } from 'typebox'
import type { Command } from './command.ts'
import { WHICH, whichEntries } from './which-entries.ts'

const Discarded = Type.Object({ discarded: Type.Integer() })

export const quarantineDiscard: Command = {
  words: 'quarantine discard',
  ...WHICH,
  summary: 'discard an event in quarantine, or many',
  async run(call) {
    const which = whichEntries(call)
    const service = await call.service()
    const asked =
      'id' in which
        ? service.delete(`/v1/quarantine/${encodeURIComponent(which.id)}`, Discarded)
        : service.post('/v1/quarantine/discard', which.body, Discarded)
    call.say(`discarded: ${(await asked).discarded}`)
  },
}
