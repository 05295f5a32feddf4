import type { Advice } from '../collection/advice.ts'
import { advisedAlert } from '../collection/collection-alert.ts'
import { makeKnown } from '../collection/known.ts'
import { undoableImages } from '../collection/undoable.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import type { Parts } from './parts.ts'

/** What expiry promised of undo at a registry: a collection by its own schedule breaks no promise. */
export function undoSettingsOf({ settings }: Pick<Parts, 'settings'>, { gc }: Parts['registries'][number]) {
  const { expiry } = settings()
  const { schedule, timeZone } = gc
  return { ...expiry, gc: schedule === undefined ? expiry.gc : { ...expiry.gc, schedule, timeZone } }
}

/** What is known of the garbage of registries. `announce`: absent where nothing is surveyed. */
export function knownGarbageOf(
  parts: Pick<Parts, 'store' | 'log' | 'registries' | 'settings'>,
  announce?: (alert: RegistryAlert) => Promise<unknown>,
) {
  const { store, log, registries } = parts
  const registryOf = (name: string) => {
    const registry = registries.find((one) => one.name === name)
    if (registry === undefined) throw new Error(`registry "${name}" is not configured`)
    return registry
  }
  const reader = makeTrashReader({
    store,
    onUnreadable: (key, err) => log.warn({ key, err }, 'unreadable entry of the trash'),
  })
  return makeKnown({
    ...{ store, now: Date.now },
    thresholdsOf: (name) => registryOf(name).gc.advise,
    undoableOf: (name) =>
      undoableImages({ reader, settings: undoSettingsOf(parts, registryOf(name)), now: Date.now() }, name),
    onPays: async (advice: Advice) => void (await announce?.(advisedAlert(advice))),
  })
}
