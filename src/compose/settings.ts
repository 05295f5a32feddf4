import { isDeepStrictEqual } from 'node:util'
import type { Dispatcher } from 'undici'
import type { ChannelMemory } from '../alerts/channel.ts'
import { makeChannel } from '../alerts/make-channel.ts'
import { makeRoutes } from '../alerts/routes.ts'
import type { Config } from '../config/schema.ts'
import { makeNormalise } from '../events/normalise.ts'
import { makeIsScanner } from '../events/scanners.ts'
import { expandPolicies } from '../expiry/expand-policies.ts'
import { makeMatch, type TaggedImage } from '../promotion/match.ts'
import { makeQuotas } from '../quota/quotas.ts'

/** What the settings are made with, and no reload replaces. */
interface Means {
  projectOf: (image: TaggedImage) => string
  /** For the requests of channels. */
  dispatcher: Dispatcher
  /** `channel`: its type and name. A channel of another type with the name of an old one does not read what that kept. */
  memoryOf: (channel: string) => ChannelMemory
}

/** What a reload of the configuration replaces, all of it at once. */
export type Settings = ReturnType<typeof makeSettings>

export function makeSettings(config: Config, { projectOf, dispatcher, memoryOf }: Means) {
  return {
    config,
    expiry: {
      ...config.expiry,
      policies: expandPolicies(config.expiry.policies, Object.keys(config.registries)),
      collections: new Map(
        Object.entries(config.registries).flatMap(
          ([
            name,
            {
              gc: { schedule, timeZone },
            },
          ]) => (schedule === undefined ? [] : [[name, { schedule, timeZone }] as const]),
        ),
      ),
    },
    quotas: makeQuotas(config.quotas, Object.keys(config.registries)),
    match: makeMatch(config.promotion.rules, projectOf),
    normalise: makeNormalise({ isScanner: makeIsScanner(config.scanners), actors: config.actors }),
    routes: makeRoutes(
      config.alerts.channels.map((channel) => ({
        channel: makeChannel(channel, { dispatcher, memory: memoryOf(`${channel.type} ${channel.name}`) }),
        ...{ projects: channel.projects, kinds: channel.kinds },
        ...{ severity: channel.severity, quiet: channel.quiet },
      })),
      config.server.publicUrl,
    ),
  }
}

/** What a reload changes. The keys are paths such as `quotas` and `server.port`. */
export interface Reloaded {
  changed: string[]
  /** Keys that differ, and take effect after a restart. */
  needRestart: string[]
}

/** Holds the settings that are in force, and replaces them. */
export function makeReloading(config: Config, means: Means) {
  let current = makeSettings(config, means)
  const acts: (() => Promise<void>)[] = []
  const closeChannels = async ({ routes }: Settings) => {
    for (const channel of routes.channels) await channel.close?.()
  }
  return {
    settings: (): Settings => current,
    /** Ends what the channels keep open. */
    closeChannels: () => closeChannels(current),
    /** Has `act` called after the settings were replaced. */
    onReload: (act: () => Promise<void>) => void acts.push(act),
    /** Replaces the settings, unless `next` cannot be used: then nothing changes. @throws an error that says why */
    async reload(next: Config): Promise<Reloaded & { failures: string[] }> {
      const { config, ...reloaded } = mergeReload(current.config, next)
      const old = current
      current = makeSettings(config, means)
      const failures: string[] = []
      await closeChannels(old).catch((error: Error) => void failures.push(error.message))
      for (const act of acts) await act().catch((error: Error) => void failures.push(error.message))
      return { ...reloaded, failures }
    },
  }
}

/**
 * The running configuration with the sections of `next` that a reload replaces, and the keys that differ.
 * @throws if these sections name a registry that is not running
 */
export function mergeReload(running: Config, next: Config): Reloaded & { config: Config } {
  const { quotas, alerts, promotion, expiry, scanners, actors, log } = next
  const reloaded: Partial<Config> = { quotas, alerts, promotion, expiry, scanners, actors, log }
  const keys = Object.keys(next) as (keyof Config)[]
  const differing = keys.filter((key) => !isDeepStrictEqual(running[key], next[key]))
  const used = [
    ...promotion.rules.flatMap(({ from, to }) => [from.registry, to.registry]),
    ...expandPolicies(expiry.policies, Object.keys(next.registries)).map(({ registry }) => registry),
  ]
  const absent = used.find((name) => !Object.hasOwn(running.registries, name))
  if (absent !== undefined)
    throw new Error(`the registry "${absent}" is new: restart to use it in promotion and expiry`)
  return {
    config: { ...running, ...reloaded },
    changed: differing.filter((key) => key in reloaded),
    needRestart: differing
      .filter((key) => !(key in reloaded))
      .flatMap((key) => differingKeys(key, running[key], next[key])),
  }
}

/** `server.port`, `registries.ci`: a section's keys that differ, or the section if it has no keys. */
function differingKeys(section: string, a: unknown, b: unknown): string[] {
  if (!isMapping(a) || !isMapping(b)) return [section]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => !isDeepStrictEqual(a[key], b[key]))
    .map((key) => `${section}.${key}`)
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
