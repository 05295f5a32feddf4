import { Type } from 'typebox'
import { Quarantined } from '../events/quarantine.ts'
import type { Command } from './command.ts'
import { table } from './table.ts'
import { filterFrom } from './which-entries.ts'

const Page = Type.Object({ total: Type.Integer(), events: Type.Array(Quarantined) })

export const quarantineList: Command = {
  words: 'quarantine list',
  args: [],
  flags: ['registry=NAME', 'reason=TEXT'],
  summary: 'events that could not be understood, newest first: of a registry, with a text in their reason',
  async run({ service, flags, say, note }) {
    const { get } = await service()
    const query = new URLSearchParams(filterFrom(flags)).toString()
    const { total, events } = await get(`/v1/quarantine${query && `?${query}`}`, Page)
    note(`shown ${events.length}, in quarantine ${total}`)
    if (events.length === 0) return
    const rows = events.map(({ id, registry, receivedAt, reason }) => [id, registry, receivedAt, reason])
    for (const line of table(['ID', 'REGISTRY', 'RECEIVED', 'REASON'], rows)) say(line)
  },
}
