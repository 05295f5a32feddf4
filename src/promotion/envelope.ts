import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { PromotionReceipt } from './receipt.ts'

/** A signed document (DSSE 1.0, envelope.md). */
export const Envelope = Type.Object({
  payload: Type.String({ description: 'What is signed, in base64: an in-toto statement.' }),
  payloadType: Type.String({ description: 'What it is.' }),
  signatures: Type.Array(
    Type.Object({
      keyid: Type.String({ description: 'The SHA-256 of the public key (SPKI, DER), in hex.' }),
      sig: Type.String({ description: 'The signature, in base64.' }),
    }),
    { description: 'The signatures: one.' },
  ),
})
export type Envelope = Static<typeof Envelope>

export const IN_TOTO = 'application/vnd.in-toto+json'

/** The predicate is a receipt as the API gives it (docs/promotion.md, Receipts). */
export const PREDICATE_TYPE = 'urn:tallyman:promotion-receipt:v1'

/** in-toto attestation framework, spec/v1/statement.md */
const Statement = Type.Object({
  _type: Type.Literal('https://in-toto.io/Statement/v1'),
  subject: Type.Array(
    Type.Object({ name: Type.String(), digest: Type.Record(Type.String(), Type.String()) }),
    { minItems: 1 },
  ),
  predicateType: Type.Literal(PREDICATE_TYPE),
  predicate: PromotionReceipt,
})

/** An envelope is not what it has to be. */
export class BadEnvelope extends Error {
  override readonly name = 'BadEnvelope'
}

/** Signs a receipt. `privateKey`: ed25519, in PEM. */
export function signReceipt(receipt: PromotionReceipt, privateKey: string): Envelope {
  const key = createPrivateKey(privateKey)
  const statement: Static<typeof Statement> = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectOf(receipt)],
    predicateType: PREDICATE_TYPE,
    predicate: receipt,
  }
  const payload = Buffer.from(JSON.stringify(statement))
  const sig = sign(null, encode(IN_TOTO, payload), key).toString('base64')
  const keyid = keyIdOf(createPublicKey(key))
  return { payload: payload.toString('base64'), payloadType: IN_TOTO, signatures: [{ keyid, sig }] }
}

/** The receipt in an envelope that the key has signed. @throws BadEnvelope */
export function openEnvelope(value: unknown, publicKey: KeyObject): PromotionReceipt {
  if (!Value.Check(Envelope, value)) throw new BadEnvelope('it is no DSSE envelope')
  const payload = Buffer.from(value.payload, 'base64')
  const encoded = encode(value.payloadType, payload)
  if (!value.signatures.some(({ sig }) => verifies(encoded, publicKey, sig)))
    throw new BadEnvelope(whyNotSigned(value, keyIdOf(publicKey)))
  const statement = value.payloadType === IN_TOTO ? parse(payload) : undefined
  if (!Value.Check(Statement, statement)) throw new BadEnvelope('what is signed is no receipt of a promotion')
  const { subject, predicate } = statement
  if (JSON.stringify(subject) !== JSON.stringify([subjectOf(predicate)]))
    throw new BadEnvelope('its subject is not the image of its receipt')
  return predicate
}

function whyNotSigned({ signatures }: Envelope, key: string): string {
  const named = signatures.map(({ keyid }) => keyid)
  return named.includes(key)
    ? `its signature by the key ${key} is wrong: it was changed after it was signed`
    : `the key ${key} has not signed it; it names ${named.join(', ') || 'no key'}`
}

export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** The image at its target. Of a rollback that deleted the tag, the image that it named. */
function subjectOf({ to, digest, replaced = '' }: PromotionReceipt) {
  const [algorithm = '', hex = ''] = (digest ?? replaced).split(':')
  return { name: `${to.registry}/${to.repository}:${to.tag}`, digest: { [algorithm]: hex } }
}

/** The bytes that are signed: PAE (DSSE 1.0, protocol.md, "Signature Definition"). */
function encode(type: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}

function verifies(encoded: Buffer, key: KeyObject, signature: string): boolean {
  try {
    return key.asymmetricKeyType === 'ed25519' && verify(null, encoded, key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
