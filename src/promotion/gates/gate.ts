/** What gates look at: an image at the source, by its digest. */
export interface GateSubject {
  /** The id of the promotion. Approvals name it, so another digest must have another id. */
  promotion: string
  registry: string
  /** The id of the project, `registry/path`. */
  project: string
  repository: string
  tag: string
  digest: string
  mediaType: string
  /** When it was pushed, epoch µs. */
  pushedAt: number
  /** When the promotion was asked for, epoch µs. */
  requestedAt: number
}

/**
 * What a gate says of an image. `open`: the image may pass; `evidence` goes into the receipt. `waiting`: a later event may
 * open the gate. `closed`: the gate never opens for this digest.
 */
export interface GateResult {
  gate: string
  state: 'open' | 'waiting' | 'closed'
  /** The reason, for people. It may hold text from outside, which is printable. */
  why: string
  evidence?: unknown
  /** When to ask again at the latest, epoch ms. Absent if the gate waits for an event. */
  again?: number
  /** It waits for people, who must be told. */
  forPeople?: true
}

/** A condition that an image must meet before it is promoted. */
export interface Gate {
  /** Names it in results, for people: `signature by release`. */
  name: string
  /** @throws RegistryError if the registry cannot be asked, and what Redis or the store throw */
  check(subject: GateSubject): Promise<GateResult>
}

/** A gate as configured. Durations are in ms. */
export type GateConfig =
  | SignatureConfig
  | { type: 'referrer'; artifactType: string }
  | { type: 'minAge'; age: number }
  | { type: 'label'; labels: Record<string, string> }
  | { type: 'annotation'; annotations: Record<string, string> }
  | { type: 'flag'; allow: 'ok' | 'warning' }
  | WebhookConfig
  | { type: 'approval'; people: number }

/** At least one of `keys` and `keyless` is given. */
export interface SignatureConfig {
  type: 'signature'
  /** `publicKey` is PEM. */
  keys: { name: string; publicKey: string }[]
  keyless?: KeylessConfig | undefined
  /** The predicate of in-toto statements that count. */
  predicateType: string
}

export interface KeylessConfig {
  /** A trusted root of sigstore, as JSON. */
  trustedRoot: string
  identities: Identity[]
}

/** Who may sign. The issuer is compared as it is; a pattern is RE2 and must match the whole subject. */
export interface Identity {
  issuer: string
  subject: { exact: string } | { pattern: string }
}

export interface WebhookConfig {
  type: 'webhook'
  url: string
  /** Signs the question; base64, with or without `whsec_` before it. */
  secret?: string | undefined
  timeout: number
}
