import type { Dispatcher } from 'undici'
import type { Flag } from '../../queue/alert.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { makeApprovalGate } from './approval-gate.ts'
import type { Approvals } from './approvals.ts'
import { makeFlagGate } from './flag-gate.ts'
import type { Gate, GateConfig } from './gate.ts'
import { makeMinAgeGate } from './min-age-gate.ts'
import { makeReferrerGate } from './referrer-gate.ts'
import { makeSignatureGate } from './signature-gate.ts'
import { makeAnnotationGate, makeLabelGate } from './text-gates.ts'
import { makeWebhookGate } from './webhook-gate.ts'

export interface GateDeps {
  clientOf: (registry: string) => RegistryClient
  /** The flag of a project, by its id. */
  flagOf: (project: string) => Promise<Flag>
  approvals: Pick<Approvals, 'approvals'>
  /** Sends questions to webhooks, perhaps over a proxy. Default: directly. */
  dispatcher?: Dispatcher | undefined
  /** epoch µs */
  now: () => number
}

/** Makes the gates of a rule. They hold parsed keys, so make them once for each configuration. */
export const makeGates = (configs: readonly GateConfig[], deps: GateDeps): Gate[] =>
  configs.map((config) => makeGate(config, deps))

function makeGate(config: GateConfig, deps: GateDeps): Gate {
  switch (config.type) {
    case 'signature':
      return makeSignatureGate(config, deps)
    case 'referrer':
      return makeReferrerGate(config, deps)
    case 'minAge':
      return makeMinAgeGate(config, deps.now)
    case 'label':
      return makeLabelGate(config, deps)
    case 'annotation':
      return makeAnnotationGate(config, deps)
    case 'flag':
      return makeFlagGate(config, deps)
    case 'webhook':
      return makeWebhookGate(config, deps)
    case 'approval':
      return makeApprovalGate(config, deps)
  }
}
