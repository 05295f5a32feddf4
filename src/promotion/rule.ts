import type { TagSelector } from '../platform/match-tag.ts'
import { REFERRER_LIMITS } from './copy/copy-referrers.ts'
import type { GateConfig } from './gates/gate.ts'

/** Whether a tag of the target that names another image may be moved. */
export type Overwrite = 'never' | 'always' | 'newer'

/** How a copy is made and checked, whoever asked for it. */
export interface CopyOptions {
  overwrite: Overwrite
  /** How long the source's tag must have named the image, in ms, before it is copied. */
  settle: number
  /** How long a promotion waits at its gates, in ms. */
  waitFor: number
  /** A child that the source does not have: is the image refused, or copied without it? */
  sparse: 'refuse' | 'allow'
  /** Of an index, only the children of these platforms are copied: `linux/amd64`. */
  platforms?: readonly string[] | undefined
  /** Of content that the target says to have: read one byte of each blob, or all. */
  verify: 'sample' | 'full'
  /** How many manifests may refer to an image and its parts. More is refused. */
  maxReferrers: number
  /** How many bytes their configs and layers may have. */
  maxReferrersSize: number
  /** How long referrers that are pushed later are copied as well, in ms. */
  follow: number | 'never'
  /** Whether the receipt is attached to the copy as a referrer. */
  attachReceipt: boolean
}

/** A promotion rule as configured. `from` holds patterns, `to` holds templates. */
export interface PromotionRule extends CopyOptions {
  name: string
  /** Whether it copies on its own what is pushed, or only what somebody asks for. */
  when: 'push' | 'request'
  from: { registry: string; repository: string; tag: TagSelector }
  to: { registry: string; repository: string; tag: string }
  /** All must be open. */
  gates: readonly GateConfig[]
}

/** How an image is copied that a person asks for, and that no rule is about. */
export const UNRULED: CopyOptions = {
  overwrite: 'never',
  settle: 0,
  waitFor: 0,
  sparse: 'refuse',
  verify: 'sample',
  maxReferrers: REFERRER_LIMITS.count,
  maxReferrersSize: REFERRER_LIMITS.bytes,
  follow: 'never',
  attachReceipt: false,
}
