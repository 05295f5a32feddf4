import { Type } from 'typebox'
import type { Command } from './command.ts'
import { WHICH, whichEntries } from './which-entries.ts'

const Replayed = Type.Object({ replayed: Type.Integer() })

export const quarantineReplay: Command = {
  words: 'quarantine replay',
  ...WHICH,
  summary: 'have an event in quarantine, or many, worked off again',
  async run(call) {
    const which = whichEntries(call)
    const { post } = await call.service()
    const asked =
      'id' in which
        ? post(`/v1/quarantine/${encodeURIComponent(which.id)}/replay`, {}, Replayed)
        : post('/v1/quarantine/replay', which.body, Replayed)
    const { replayed } = await asked
    call.say(`handed to the worker again: ${replayed}`)
    if (replayed > 0) call.note('what it still cannot understand comes back: tallyman quarantine list')
  },
}
