import { createHash, type KeyObject, sign } from 'node:crypto'
import { digestOf } from '../../../lab/image.ts'
import { SIGN_PREDICATE } from '../../../src/promotion/gates/check-bundle.ts'

export const IN_TOTO = 'application/vnd.in-toto+json'
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/** An in-toto statement about images, as cosign 3 signs it. */
export const statementOf = (digests: string[], fields: object = {}): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: digests.map((digest) => ({ digest: { [digest.split(':')[0] ?? '']: digest.split(':')[1] } })),
  predicateType: SIGN_PREDICATE,
  predicate: {},
  ...fields,
})

const algorithmOf = (key: KeyObject) => (key.asymmetricKeyType === 'ed25519' ? null : 'sha256')

/** DSSE, protocol.md, "Pre-Authentication Encoding". */
export const preAuthEncoding = (type: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload])

/** A sigstore bundle of a statement, signed with a private key. `fields` replaces fields of the bundle. */
export function makeBundle(
  key: KeyObject,
  statement: unknown,
  { payloadType = IN_TOTO, fields = {} }: { payloadType?: string; fields?: object } = {},
): Buffer {
  const payload = Buffer.from(JSON.stringify(statement))
  const sig = sign(algorithmOf(key), preAuthEncoding(payloadType, payload), key).toString('base64')
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: 'any' } },
      dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [{ sig }] },
      ...fields,
    }),
  )
}

/** A sigstore bundle of a signature of bytes, signed with a private key. */
export const makeMessageBundle = (key: KeyObject, message: Buffer, digest = sha256(message)): Buffer =>
  Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: 'any' } },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: digest.toString('base64') },
        signature: sign(algorithmOf(key), message, key).toString('base64'),
      },
    }),
  )

export const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** A manifest that attaches a blob to an image, as cosign 3 does with a bundle. */
export function makeAttachment(subject: { mediaType: string; digest: string; size: number }, blob: Buffer) {
  const empty = Buffer.from('{}')
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: BUNDLE,
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: digestOf(empty),
        size: empty.length,
      },
      layers: [{ mediaType: BUNDLE, digest: digestOf(blob), size: blob.length }],
      subject,
    }),
  )
  return { bytes, digest: digestOf(bytes), blobs: [empty, blob] }
}
