import { type Barrier, gateBarrier } from '../barrier/barrier.ts'
import { conductBarrier } from '../barrier/conduct-barrier.ts'
import { makeGate } from '../barrier/gate.ts'
import { namedInIndex } from '../barrier/named-in-index.ts'
import { probeGate, probeMemory } from '../barrier/probe.ts'
import type { CollectionRun } from '../collection/collection-run.ts'
import type { Conductor, Context } from '../collection/collector.ts'
import type { Hold } from '../collection/hold.ts'
import { blobsOf, undoableImages } from '../collection/undoable.ts'
import { pendingPutBacks } from '../expiry/put-backs.ts'
import { makeTrashReader } from '../expiry/trash-reader.ts'
import type { UndoSettings } from '../expiry/undo.ts'
import type { RegistryClient } from '../registry/client.ts'
import { hasNoAnswer, RegistryError } from '../registry/registry-error.ts'
import { makeBlobTrash, runAt } from '../space/blob-trash.ts'
import { surveyStorage } from '../space/survey-storage.ts'
import type { Surveys } from '../space/surveys.ts'
import { pushedSince } from '../usage/pushed-since.ts'
import type { Parts } from './parts.ts'
import { registryClient } from './registry-client.ts'
import { registryStorage } from './registry-storage.ts'
import type { WorkerParts } from './worker-parts.ts'

type Registry = Parts['registries'][number]

/** How long a gate remembers what was asked for, at the longest: two surveys of a large storage take hours. In ms. */
const ARMED_MS = 86_400_000

/** How long requests that were let through before may still take, in ms, before a collection looks. */
const DRAIN_MS = 200

/** By how much the clock of a store may differ from ours, in ms. `tallyman storage doctor` tells by how much it does. */
const CLOCKS_MS = 300_000

/** Makes what collects the garbage of a registry behind a barrier. `undefined` if its configuration has not what that needs. */
export function barrierConductor(
  parts: WorkerParts,
  registry: Registry,
  deps: {
    /** Its hold by hooks; `undefined` if it has none. */
    holdOf: (registry: Registry, run: CollectionRun, context: Context) => Hold | undefined
    surveys: Surveys
    /** What the storage doctor says against a collection. */
    doubts: () => Promise<string[]>
    undoSettings: () => UndoSettings
  },
): Conductor | undefined {
  const { gc, storage: config, name, type } = registry
  const { barrier: settings } = gc
  if (settings === undefined || config === undefined) return undefined
  if (settings.hold === 'hooks' && gc.hooks === undefined) return undefined
  const storage = registryStorage(config, registry)
  const trash = makeBlobTrash(storage)
  const gate = makeGate(parts)
  const reader = makeTrashReader({
    store: parts.store,
    onUnreadable: (key, err) => parts.log.warn({ key, err }, 'unreadable entry of the trash'),
  })

  function barrierOf(run: CollectionRun, context: Context): Barrier {
    if (settings?.hold !== 'hooks') return gateBarrier(gate, name, ARMED_MS)
    const hold = deps.holdOf(registry, run, context)
    if (hold === undefined) throw new Error(`registries.${name}.gc.hooks are not configured`)
    return {
      ...{ arm: async () => {}, disarm: async () => {}, seen: async () => undefined },
      close: async () => void (await hold.on()),
      open: async () => void (await hold.off()),
    }
  }

  /** What images of the index name, images that expiry can bring back, and those that it must put back. */
  async function named(candidates: readonly { digest: string }[]): Promise<ReadonlySet<string>> {
    const digests = candidates.map(({ digest }) => digest)
    const names = new Set(await namedInIndex(parts.index, name, digests))
    const undo = { reader, settings: deps.undoSettings(), now: Date.now() }
    for await (const { blobs } of undoableImages(undo, name)) for (const digest of blobs) names.add(digest)
    for await (const image of pendingPutBacks(parts.store, name))
      for (const digest of blobsOf(image)) names.add(digest)
    return names
  }

  /** @throws Error if the registry remembers blobs */
  async function requireForgetful(client: RegistryClient): Promise<void> {
    if (settings?.cache === 'none') return
    const memory = await probeMemory(storage, client)
    if (memory === 'remembers')
      throw new Error(
        'the registry remembers blobs that its storage has not any more: take `blobdescriptor` out of `storage.cache` of its configuration',
      )
    if (memory === 'not known')
      throw new Error(
        `whether the registry remembers blobs could not be tried, since no repository has one: if it has no \`blobdescriptor\` in \`storage.cache\`, set registries.${name}.gc.barrier.cache: none`,
      )
  }

  return async (run, context) => {
    const barrier = barrierOf(run, context)
    const client = registryClient({ ...registry, url: settings.url ?? registry.url })
    const folder = runAt(Date.now(), run.id)
    try {
      return await conductBarrier(run, {
        ...{ storage, trash, barrier, named, context, folder },
        ...{ now: Date.now, clock: () => performance.now() },
        pushedTo: (since) => pushedSince(parts.index, name, since),
        survey: () =>
          surveyStorage(storage, { projectOf: (repository) => repository, signal: context.signal }),
        settle: () => deps.surveys.survey(name),
        problems: async () => [
          ...(type === 'cache'
            ? ['it is a pull-through cache: it deletes by itself what was not asked for for long']
            : []),
          ...(await deps.doubts()),
        ],
        requireForgetful: () =>
          requireForgetful(client).catch((error) => {
            if (!(error instanceof RegistryError && hasNoAnswer(error))) throw error
            throw new Error(
              `what clients use, registries.${name}.gc.barrier.url, does not answer: ${error.message}`,
            )
          }),
        requireGate: async () => (settings.hold === 'proxy' ? probeGate(barrier, client) : undefined),
        settings: {
          ...{ minAgeMs: settings.minAge, restMs: settings.rest, drainMs: DRAIN_MS, clocksMs: CLOCKS_MS },
          pauseMs: settings.hold === 'hooks' ? gc.maxPause : settings.pause,
        },
      })
    } finally {
      await client.close()
    }
  }
}
