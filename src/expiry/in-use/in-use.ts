import pMap, { pMapSkip } from 'p-map'
import type { Logger } from '../../platform/log.ts'
import { printable } from '../../platform/printable.ts'
import { shareFor } from '../../platform/share-for.ts'
import type { RegistryAlert } from '../../queue/alert.ts'
import { parseImageReference } from '../../registry/image-reference.ts'
import type { ProtectionOf } from '../protection.ts'
import type { FindImage } from './find-image.ts'
import type { FindRegistries, NamedImage } from './find-registries.ts'
import { missingAlert } from './missing-alert.ts'
import { nameOf } from './name-of.ts'
import type { ReadSource } from './read-source.ts'
import { type InUseSource, isAbout } from './source.ts'

/** How long what a source gave is used, in ms, also if it failed. */
const FRESH_MS = 60_000

/** How often it is looked whether the index has what a source names, at most, in ms. */
const LOOK_MS = 3_600_000

/** What a source named, by registry; or why it could not be read. */
type Reading = { images: ReadonlyMap<string, NamedImage[]> } | { failure: string }

/** Protects images that somebody uses, by the sources of the configuration. `now` is a clock in epoch µs. */
export function makeInUse(deps: {
  /** As configured now: a reload may change them. */
  sources: () => readonly InUseSource[]
  read: ReadSource
  findRegistries: FindRegistries
  findImage: FindImage
  /** Why the index of a registry may lack images; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  announce: (alert: RegistryAlert) => Promise<unknown>
  log: Logger
  now: () => number
}) {
  /** By source. A reload of the configuration makes new sources. */
  let readings = new WeakMap<InUseSource, () => Promise<Reading>>()
  /** When it was looked for missing images, by source and registry, by the clock of `performance`. */
  const looked = new Map<string, number>()

  function readingOf(source: InUseSource): Promise<Reading> {
    const known = readings.get(source)
    const read = known ?? shareFor(FRESH_MS, () => readNow(source))
    if (known === undefined) readings.set(source, read)
    return read()
  }

  /** Does not reject, so that a source that fails is not asked again at once. */
  async function readNow(source: InUseSource): Promise<Reading> {
    try {
      const { names, form } = await deps.read(source)
      const find = form === 'host' ? deps.findRegistries.byHost : deps.findRegistries.byNameOrHost
      const all = [...new Set(names)].flatMap((name) => {
        const named = parseImageReference(name)
        return named === undefined ? [] : find(named).filter(({ registry }) => isAbout(source, registry))
      })
      // An answer that is an error, such as the one word "unavailable", has the form of a name. So has one with a host that
      // no registry of the configuration has.
      if (all.length === 0 && names.length > 0 && !source.mayBeEmpty)
        throw new Error(
          `none of its names is of a registry that it is about, such as ${printable(names[0] ?? '')}`,
        )
      return { images: Map.groupBy(all, ({ registry }) => registry) }
    } catch (error) {
      return { failure: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Tells people of images that a source names and a registry does not have. */
  async function lookForMissing(source: string, registry: string, images: NamedImage[]): Promise<void> {
    const key = `${registry} ${source}`
    if (performance.now() - (looked.get(key) ?? Number.NEGATIVE_INFINITY) < LOOK_MS) return
    if ((await deps.doubtOf(registry)) !== undefined) return
    looked.set(key, performance.now())
    const look = async (one: NamedImage) => ((await deps.findImage(one)) === undefined ? one : pMapSkip)
    const missing = await pMap(
      images.filter(({ isGuess }) => isGuess !== true),
      look,
      { concurrency: 8 },
    )
    if (missing.length > 0) await deps.announce(missingAlert({ source, registry, missing, now: deps.now() }))
  }

  return {
    /** Forgets what sources gave: whoever asks next gets what they give then. */
    renew(): void {
      readings = new WeakMap()
    },

    /** What protects the images of a registry. @throws if a source fails, or names no image and must */
    async find(registry: string): Promise<ProtectionOf> {
      const sources = deps.sources().filter((source) => isAbout(source, registry))
      /** The name of a source that names an image, by `nameOf`. */
      const users = new Map<string, string>()
      const found = await Promise.all(
        sources.map(async (source) => ({ source: source.name, reading: await readingOf(source) })),
      )
      const failures = found.flatMap(({ source, reading }) =>
        'failure' in reading ? [`${source} cannot be read: ${reading.failure}`] : [],
      )
      if (failures.length > 0) throw new Error(failures.join('; '))
      for (const { source, reading } of found) {
        if ('failure' in reading) continue
        const images = reading.images.get(registry) ?? []
        for (const image of images) users.set(nameOf(image), source)
        await lookForMissing(source, registry, images).catch((error) =>
          deps.log.warn(
            { err: error, registry, source },
            'images in use could not be looked for in the index',
          ),
        )
      }
      return ({ repository, digest, tags }) => {
        const references = [...tags.map(({ name }) => ({ tag: name })), { digest }]
        for (const reference of references) {
          const name = nameOf({ repository, reference })
          const source = users.get(name)
          if (source !== undefined) return `it is in use: ${source} names ${name}`
        }
        return undefined
      }
    },
  }
}
export type InUse = ReturnType<typeof makeInUse>
