import { Quarantined } from '../events/quarantine.ts'
import type { Command } from './command.ts'

export const quarantineShow: Command = {
  words: 'quarantine show',
  args: ['ID'],
  flags: [],
  summary: 'an event in quarantine as it came, and what was wrong with it',
  async run({ service, args: [id = ''], say }) {
    const { get } = await service()
    say(JSON.stringify(await get(`/v1/quarantine/${encodeURIComponent(id)}`, Quarantined), null, 2))
  },
}
