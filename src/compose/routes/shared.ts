import type { makeIdentify } from '../../events/identify.ts'
import type { Refusals } from '../../events/refusals.ts'
import type { HeldSince } from '../../http/require-writable.ts'
import type { Roles } from '../../http/roles.ts'
import type { InTurn } from '../../http/turns.ts'
import type { Standings } from '../../quota/standings.ts'

/** What the routes of several capabilities share. */
export type Shared = {
  roles: Roles
  inTurn: InTurn
  /** Where each project stands against its quota: one read, shared by who asks at the same time. */
  standings: () => Promise<Standings>
  refusals: Refusals
  heldSince: HeldSince
  /** Which registry a webhook's token belongs to. */
  registryOf: ReturnType<typeof makeIdentify>
  /** Whether names of people are kept now: the configuration may change while the service runs. */
  keepsNames: () => boolean
  registryNames: readonly string[]
  /** The project that a repository belongs to. */
  projectIdOf: (at: { registry: string; repository: string }) => string
}
