import { Type } from 'typebox'
import type { Command } from './command.ts'
import { table } from './table.ts'

/** Of what the API says of a registry, what is shown. */
const Registries = Type.Object({
  registries: Type.Array(
    Type.Object({
      name: Type.String(),
      lastReconcileAt: Type.Union([Type.String(), Type.Null()]),
      confidence: Type.String(),
    }),
  ),
})

export const registries: Command = {
  words: 'registries',
  args: [],
  flags: [],
  summary: 'the registries, when each was last reconciled, and how far its numbers can be trusted',
  async run({ service, say }) {
    const { get } = await service()
    const rows = (await get('/v1/registries', Registries)).registries.map((registry) => [
      registry.name,
      registry.lastReconcileAt ?? 'never',
      registry.confidence,
    ])
    for (const line of table(['REGISTRY', 'LAST RECONCILE', 'CONFIDENCE'], rows)) say(line)
  },
}
