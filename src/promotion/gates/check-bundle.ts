import { createHash } from 'node:crypto'
import { type Bundle, bundleFromJSON } from '@sigstore/bundle'
import { printable } from '../../platform/printable.ts'
import { isObject } from '../../registry/descriptor.ts'
import { parseJson } from '../../registry/json.ts'
import type { SignedBy, Signer } from './signers.ts'

/** cosign 3 writes a signature as an in-toto statement with this predicate. */
export const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

const IN_TOTO = 'application/vnd.in-toto+json'
const STATEMENTS: unknown[] = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']

/** What a signature must be of. */
export interface SignedImage {
  digest: string
  /** The bytes of its manifest. */
  manifest: Buffer
  /** The predicate of the statement that is wanted. */
  predicateType: string
}

/** Who signed the image, or why a signature does not count. */
export type Checked = { signedBy: SignedBy } | { problem: string }

export const NOT_ALLOWED = 'it is not signed by one who is allowed to'

/** Checks a sigstore bundle (sigstore, protos/sigstore_bundle.proto): one of the signers must have signed this image. */
export function checkBundle(bytes: Buffer, image: SignedImage, signers: readonly Signer[]): Checked {
  const bundle = readBundle(bytes)
  if (bundle === undefined) return { problem: 'it is not a bundle that can be read' }
  const problem = problemOf(bundle, image)
  if (problem !== undefined) return { problem }
  let refused: string | undefined
  for (const signer of signers) {
    const signedBy = tried(() => signer.verifyBundle(bundle, image.manifest))
    if (typeof signedBy === 'string') refused = printable(signedBy.slice(0, 300))
    else if (signedBy !== undefined) return { signedBy }
  }
  return { problem: refused ?? NOT_ALLOWED }
}

const readBundle = (bytes: Buffer): Bundle | undefined => tried(() => bundleFromJSON(parseJson(bytes)))

/** Why a bundle is not about the image, whoever signed it. */
function problemOf({ content }: Bundle, { digest, manifest, predicateType }: SignedImage) {
  if (content.$case === 'messageSignature') {
    if (predicateType !== SIGN_PREDICATE) return 'it is a signature, and no attestation'
    const signed = content.messageSignature.messageDigest.digest
    const own = createHash('sha256').update(manifest).digest()
    return own.equals(signed) ? undefined : 'it is of another image'
  }
  const { payload, payloadType } = content.dsseEnvelope
  const statement = payloadType === IN_TOTO ? parseJson(payload) : undefined
  if (!isObject(statement) || !STATEMENTS.includes(statement._type)) return 'it holds no in-toto statement'
  if (!isAbout(statement.subject, digest)) return 'it is of another image'
  if (statement.predicateType === predicateType) return undefined
  return `its predicate is another one, ${printable(String(statement.predicateType).slice(0, 100))}`
}

/** Whether one of the subjects of a statement is the image (in-toto, spec/v1/statement.md, "subject"). */
function isAbout(subjects: unknown, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':')
  const isImage = (subject: unknown) =>
    isObject(subject) && isObject(subject.digest) && subject.digest[algorithm] === hex
  return Array.isArray(subjects) && subjects.some(isImage)
}

/** The library throws many kinds of errors at what is not valid. */
function tried<T>(check: () => T): T | undefined {
  try {
    return check()
  } catch {
    return undefined
  }
}
