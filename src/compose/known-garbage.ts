import type { Advice } from '../collection/advice.ts'
import { advisedAlert } from '../collection/collection-alert.ts'
import { makeKnown } from '../collection/known.ts'
import { undoableImages } from '../collection/undoable.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import { undoSettingsAt } from '../expiry/undo.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import type { Parts } from './parts.ts'

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
      undoableImages(
        { reader, settings: undoSettingsAt(parts.settings().expiry, name), now: Date.now() },
        name,
      ),
    onPays: async (advice: Advice) => void (await announce?.(advisedAlert(advice))),
  })
}
