import { verify } from 'node:crypto'
import type { Bundle } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { type SignedEntity, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { RE2JS } from 're2js'
import type { Identity, KeylessConfig, SignatureConfig } from './gate.ts'
import { parsePublicKey } from './public-key.ts'
import { parseTrustedRoot } from './trusted-root.ts'

/** Who signed: a key of the configuration, or who a certificate names. */
export type SignedBy = { key: string } | { issuer: string; subject: string }

/** Checks signatures of one key, or of some identities. All is done offline. */
export interface Signer {
  /**
   * Who signed a bundle; a text says who did and is not allowed. `artifact` is what a message signature must cover.
   * @throws if the signature is not valid, or is that of another kind of signer
   */
  verifyBundle(bundle: Bundle, artifact: Buffer): SignedBy | string
  /** Whether a bare signature of these bytes is valid. Absent for identities: they have certificates, in bundles. */
  verifyBytes?(bytes: Buffer, signature: Buffer): SignedBy | undefined
}

/** Checks by a public key. Neither logs nor times are asked for: whoever has the key may sign. */
export function makeKeySigner({ name, publicKey }: SignatureConfig['keys'][number]): Signer {
  const key = parsePublicKey(publicKey)
  // Bundles name their key by a hint, which may be anything. It is not looked at.
  const trust = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({ publicKey: key, validFor: () => true }))
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 })
  return {
    verifyBundle(bundle, artifact) {
      const entity = toSignedEntity(bundle, artifact)
      if (entity.key.$case !== 'public-key') throw new Error('it has a certificate')
      verifier.verify({ ...entity, tlogEntries: [], timestamps: [] })
      return { key: name }
    },
    verifyBytes(bytes, signature) {
      const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
      return verify(algorithm, bytes, key, signature) ? { key: name } : undefined
    },
  }
}

/**
 * Checks certificates by a trusted root: of each kind of log that it has, one must vouch for the signature, and one log or
 * authority must tell its time, at which the certificate was valid.
 */
export function makeKeylessSigner({ trustedRoot, identities }: KeylessConfig): Signer {
  const root = parseTrustedRoot(trustedRoot)
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: Math.min(1, root.tlogs.length),
    ctlogThreshold: Math.min(1, root.ctlogs.length),
    timestampThreshold: 1,
  })
  const allowed = identities.map(makeIsIdentity)
  return {
    verifyBundle(bundle, artifact) {
      const entity = toSignedEntity(bundle, artifact)
      requireFew(entity)
      const { identity } = verifier.verify(entity)
      const [issuer, subject] = [identity?.extensions?.issuer ?? '', identity?.subjectAlternativeName ?? '']
      const isAllowed = allowed.some((isIdentity) => isIdentity(issuer, subject))
      return isAllowed ? { issuer, subject } : `${subject} of ${issuer} signed it, who is not allowed to`
    },
  }
}

/** The verifier compares each entry with each other one. @throws if there are many */
function requireFew({ tlogEntries, timestamps }: SignedEntity): void {
  if (tlogEntries.length > 10 || timestamps.length > 20) throw new Error('it has too many entries of logs')
}

/** The policy of the library takes the subject for a RegExp that may match anywhere, so it is not used. */
function makeIsIdentity({ issuer, subject }: Identity): (issuer: string, subject: string) => boolean {
  if ('exact' in subject) return (by, name) => by === issuer && name === subject.exact
  const pattern = RE2JS.compile(subject.pattern)
  return (by, name) => by === issuer && pattern.matches(name)
}
