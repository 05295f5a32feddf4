import type { ExpiryPolicy } from './plan.ts'
import type { UndoSettings } from './undo.ts'

/** A policy that runs. With the mode `plan` its runs are dry, whatever they were asked for. */
export type RunnablePolicy = ExpiryPolicy & { mode: 'plan' | 'apply' }

/** `maxShare` is the share of a project's images, from 0 to 1, that a run may delete, and of its tags that it may delete alone. */
export interface ExpirySettings extends UndoSettings {
  policies: readonly RunnablePolicy[]
  maxShare: number
  /** At each registry. */
  deletesPerSecond?: number | undefined
}
