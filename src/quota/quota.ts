/** Which bytes count. `stored`: what a registry's storage held at its last reconcile. */
export type Measure = 'unique' | 'exclusive' | 'referenced' | 'tagged' | 'stored'

/** What may be held, and when people are told. At least one of the three limits is there. */
export interface Quota {
  measure: Measure
  /** In bytes. */
  limit?: number | undefined
  maxTags?: number | undefined
  maxManifests?: number | undefined
  /** Shares of the limits from which people are warned, the smallest first. */
  warnAt: readonly number[]
  /** How long it must be past a limit before its flag is `over`, in ms. */
  grace?: number | undefined
  /** How long before the limit is likely passed people are told, in ms. Absent: they are not. */
  willExceedWithin?: number | undefined
  escalate?:
    | {
        /** How long after its flag became `over`, in ms. */
        after: number
        /** The names of the channels that are told. */
        channels: readonly string[]
        /** Whether policies evict only from then on. */
        evict?: boolean | undefined
      }
    | undefined
}

/** Quotas as configured, with what they are for. */
export type ProjectQuota = Quota & { project: string }
export type GroupQuota = Quota & { group: string; projects: readonly string[] }
export type RegistryQuota = Quota & { registry: string }
export type ConfiguredQuota = ProjectQuota | GroupQuota | RegistryQuota

/** What an override replaces is a quota of this shape, if the configuration has none. */
export const DEFAULT_QUOTA = { measure: 'unique', warnAt: [0.8] } satisfies Quota

/** A text that is the same for two quotas which decide alike. */
export const quotaKey = ({ measure, limit, maxTags, maxManifests, warnAt }: Quota): string =>
  JSON.stringify([measure, limit ?? null, maxTags ?? null, maxManifests ?? null, warnAt])
