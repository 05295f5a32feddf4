import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../../lab/image.ts'
import { checkBundle, NOT_ALLOWED, SIGN_PREDICATE } from '../../../src/promotion/gates/check-bundle.ts'
import { checkSimpleSigning } from '../../../src/promotion/gates/check-simple-signing.ts'
import { makeKeySigner } from '../../../src/promotion/gates/signers.ts'
import { makeBundle, makeMessageBundle, statementOf } from './make-bundle.ts'

/** Bundles that nobody would write who means well, each with one thing wrong. */
const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed25519 = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const signerOf = (name: string, publicKey: KeyObject) =>
  makeKeySigner({ name, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() })
const signers = [signerOf('ecdsa', ecdsa.publicKey), signerOf('ed25519', ed25519.publicKey)]

const manifest = Buffer.from('{"schemaVersion":2}')
const digest = digestOf(manifest)
const another = digestOf(Buffer.from('another'))
const image = { digest, manifest, predicateType: SIGN_PREDICATE }

const good = statementOf([digest])

describe.each([
  ['ecdsa', ecdsa.privateKey],
  ['ed25519', ed25519.privateKey],
])('a bundle by %s', (name, key) => {
  const check = (bytes: Buffer, wanted = image) => checkBundle(bytes, wanted, signers)

  test('of this image counts, whatever its hint', () => {
    expect(check(makeBundle(key, good))).toEqual({ signedBy: { key: name } })
  })

  test('of several images counts for each of them', () => {
    expect(check(makeBundle(key, statementOf([another, digest])))).toEqual({ signedBy: { key: name } })
  })

  test('of the older statement counts', () => {
    const statement = statementOf([digest], { _type: 'https://in-toto.io/Statement/v0.1' })
    expect(check(makeBundle(key, statement))).toEqual({ signedBy: { key: name } })
  })

  test.each([
    ['another image', makeBundle(key, statementOf([another])), 'it is of another image'],
    ['no image', makeBundle(key, statementOf([])), 'it is of another image'],
    [
      'the digest under another algorithm',
      makeBundle(key, statementOf([digest.replace('sha256', 'sha512')])),
      'it is of another image',
    ],
    [
      'an attestation',
      makeBundle(key, statementOf([digest], { predicateType: 'https://x/test' })),
      'https://x/test',
    ],
    ['no predicate', makeBundle(key, statementOf([digest], { predicateType: undefined })), 'undefined'],
    ['another type of payload', makeBundle(key, good, { payloadType: 'text/plain' }), 'no in-toto statement'],
    [
      'another type of statement',
      makeBundle(key, statementOf([digest], { _type: 'x' })),
      'no in-toto statement',
    ],
    ['a payload that is no object', makeBundle(key, [good]), 'no in-toto statement'],
    [
      'subjects that are no list',
      makeBundle(key, statementOf([digest], { subject: { digest } })),
      'another image',
    ],
    ['no content', makeBundle(key, good, { fields: { dsseEnvelope: undefined } }), 'can be read'],
    [
      'a type that is no bundle',
      makeBundle(key, good, { fields: { mediaType: 'text/plain' } }),
      'can be read',
    ],
    ['a version to come', makeBundle(key, good, { fields: { verificationMaterial: {} } }), 'can be read'],
    [
      'two signatures',
      withEnvelope(makeBundle(key, good), ({ signatures }) => ({
        signatures: [...signatures, ...signatures],
      })),
      'can be read',
    ],
    [
      'a changed signature',
      withEnvelope(makeBundle(key, good), () => ({ signatures: [{ sig: 'AAAA' }] })),
      NOT_ALLOWED,
    ],
    [
      'the payload of this image with the signature of another one',
      withEnvelope(makeBundle(key, statementOf([another])), () => ({
        payload: Buffer.from(JSON.stringify(good)).toString('base64'),
      })),
      NOT_ALLOWED,
    ],
    [
      'a certificate in place of a key',
      makeBundle(key, good, {
        fields: { verificationMaterial: { certificate: { rawBytes: Buffer.from('x').toString('base64') } } },
      }),
      NOT_ALLOWED,
    ],
    ['no JSON', Buffer.from('{'), 'can be read'],
    ['deep JSON', Buffer.from('['.repeat(100_000)), 'can be read'],
    ['null', Buffer.from('null'), 'can be read'],
    ['nothing', Buffer.alloc(0), 'can be read'],
  ])('of %s does not count', (_, bytes, problem) => {
    expect(check(bytes)).toEqual({ problem: expect.stringContaining(problem) })
  })

  test('by a key that is not allowed does not count', () => {
    expect(check(makeBundle(stranger.privateKey, good))).toEqual({ problem: NOT_ALLOWED })
  })

  test('that is an attestation counts where that is wanted, and a signature does not', () => {
    const wanted = { ...image, predicateType: 'https://x/test' }
    expect(check(makeBundle(key, statementOf([digest], wanted)), wanted)).toEqual({ signedBy: { key: name } })
    expect(check(makeBundle(key, good), wanted)).toEqual({ problem: expect.stringContaining(SIGN_PREDICATE) })
    expect(check(makeMessageBundle(key, manifest), wanted)).toEqual({ problem: expect.any(String) })
  })

  test('with entries of a log that nobody asked for counts', () => {
    const entry = { logIndex: '1', logId: { keyId: 'AAAA' }, kindVersion: { kind: 'dsse', version: '0.0.1' } }
    const inclusionProof = {
      logIndex: '1',
      rootHash: 'AAAA',
      treeSize: '2',
      hashes: [],
      checkpoint: { envelope: 'x' },
    }
    const verificationMaterial = {
      publicKey: { hint: 'any' },
      tlogEntries: [{ ...entry, integratedTime: '1', inclusionProof, canonicalizedBody: 'AAAA' }],
    }
    const bundle = makeBundle(key, good, { fields: { verificationMaterial } })
    expect(check(bundle)).toEqual({ signedBy: { key: name } })
  })
})

describe('a bundle of the signature of a manifest', () => {
  const key = ecdsa.privateKey
  test.each([
    ['of this image counts', makeMessageBundle(key, manifest), { signedBy: { key: 'ecdsa' } }],
    [
      'of another image does not count',
      makeMessageBundle(key, Buffer.from('another')),
      { problem: 'it is of another image' },
    ],
    [
      'that only says that it is of this image does not count',
      makeMessageBundle(key, Buffer.from('another'), Buffer.from(digest.slice('sha256:'.length), 'hex')),
      { problem: NOT_ALLOWED },
    ],
    [
      'by a key that is not allowed does not count',
      makeMessageBundle(stranger.privateKey, manifest),
      { problem: NOT_ALLOWED },
    ],
  ])('%s', (_, bytes, expected) => {
    expect(checkBundle(bytes, image, signers)).toEqual(expected)
  })
})

describe.each([
  ['ecdsa', ecdsa.privateKey],
  ['ed25519', ed25519.privateKey],
])('a signature of the older form by %s', (name, key) => {
  const payloadOf = (of: string, type = 'cosign container image signature') =>
    Buffer.from(
      JSON.stringify({
        critical: {
          identity: { 'docker-reference': 'elsewhere.example.com/copy' },
          image: { 'docker-manifest-digest': of },
          type,
        },
        optional: null,
      }),
    )
  const signed = (payload: Buffer, by = key) => ({
    payload,
    signature: sign(by.asymmetricKeyType === 'ed25519' ? null : 'sha256', payload, by).toString('base64'),
  })

  test.each([
    ['of this image, named as another copy, counts', signed(payloadOf(digest)), { signedBy: { key: name } }],
    ['of another image does not count', signed(payloadOf(another)), { problem: 'it is of another image' }],
    ['of another type does not count', signed(payloadOf(digest, 'x')), { problem: expect.any(String) }],
    [
      'by a key that is not allowed does not count',
      signed(payloadOf(digest), stranger.privateKey),
      { problem: NOT_ALLOWED },
    ],
    [
      'for other bytes does not count',
      { ...signed(payloadOf(another)), payload: payloadOf(digest) },
      { problem: NOT_ALLOWED },
    ],
    [
      'that is no base64 does not count',
      { payload: payloadOf(digest), signature: '§' },
      { problem: NOT_ALLOWED },
    ],
    ['of no JSON does not count', signed(Buffer.from('x')), { problem: expect.any(String) }],
  ])('%s', (_, candidate, expected) => {
    expect(checkSimpleSigning(candidate, digest, signers)).toEqual(expected)
  })
})

interface Envelope {
  signatures: object[]
}

/** The bundle with some fields of its envelope changed. */
function withEnvelope(bundle: Buffer, change: (envelope: Envelope) => object): Buffer {
  const body = JSON.parse(bundle.toString())
  Object.assign(body.dsseEnvelope, change(body.dsseEnvelope))
  return Buffer.from(JSON.stringify(body))
}
