import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../../lab/image.ts'
import { checkBundle, NOT_ALLOWED, SIGN_PREDICATE } from '../../../src/promotion/gates/check-bundle.ts'
import type { Identity } from '../../../src/promotion/gates/gate.ts'
import { makeKeylessSigner, makeKeySigner } from '../../../src/promotion/gates/signers.ts'
import { parseTrustedRoot } from '../../../src/promotion/gates/trusted-root.ts'
import { makeBundle, makeMessageBundle, statementOf } from './make-bundle.ts'
import { makeOwnSigstore } from './own-sigstore.ts'

/** Certificates of a sigstore of the test's own, checked by its trusted root. Nothing is asked over the network. */
/** The CA is valid from now on, and its certificates for ten minutes. */
const AT = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000)
const GITLAB = 'https://gitlab.example.com'
const PIPELINE = 'https://gitlab.example.com/team/app//.gitlab-ci.yml@refs/heads/main'
const who = { issuer: GITLAB, subject: PIPELINE }

const manifest = Buffer.from('{"schemaVersion":2}')
const image = { digest: digestOf(manifest), manifest, predicateType: SIGN_PREDICATE }
const good = statementOf([image.digest])

let sigstore: Awaited<ReturnType<typeof makeOwnSigstore>>
beforeAll(async () => {
  sigstore = await makeOwnSigstore({ at: AT })
})

const check = (bundle: Buffer, identity: Partial<Identity> = {}, { trustedRoot } = sigstore) =>
  checkBundle(bundle, image, [
    makeKeylessSigner({
      trustedRoot,
      identities: [{ issuer: GITLAB, subject: { exact: PIPELINE }, ...identity }],
    }),
  ])

describe('who is allowed', () => {
  test.each<[string, Partial<Identity>]>([
    ['the exact subject', {}],
    ['a pattern', { subject: { pattern: 'https://gitlab\\.example\\.com/team/.+@refs/heads/main' } }],
  ])('%s', async (_, identity) => {
    expect(check(await sigstore.sign(good, who), identity)).toEqual({ signedBy: who })
  })

  test.each<[string, Partial<Identity>]>([
    ['another subject', { subject: { exact: `${PIPELINE}x` } }],
    [
      'a subject with signs of a RegExp',
      { subject: { exact: PIPELINE.replace('example.com', 'example.c.m') } },
    ],
    ['a pattern that matches a part', { subject: { pattern: 'https://gitlab\\.example\\.com/team/' } }],
    ['another issuer', { issuer: 'https://gitlab.com' }],
    ['an issuer that only begins so', { issuer: GITLAB.slice(0, -1) }],
  ])('not %s', async (_, identity) => {
    expect(check(await sigstore.sign(good, who), identity)).toEqual({
      problem: `${PIPELINE} of ${GITLAB} signed it, who is not allowed to`,
    })
  })
})

describe('what does not count', () => {
  test('a bundle of another image', async () => {
    const another = statementOf([digestOf(Buffer.from('another'))])
    expect(check(await sigstore.sign(another, who))).toEqual({ problem: 'it is of another image' })
  })

  test('a certificate of another sigstore', async () => {
    const another = await makeOwnSigstore({ at: AT })
    expect(check(await another.sign(good, who))).toEqual({ problem: NOT_ALLOWED })
  })

  test.each([
    ['before', -1],
    ['after', 601],
  ])('a signature from %s the certificate was valid', async (_, seconds) => {
    const late = await makeOwnSigstore({ at: AT, signedAt: new Date(AT.getTime() + seconds * 1000) })
    expect(check(await late.sign(good, who), {}, late)).toEqual({ problem: NOT_ALLOWED })
  })

  test('a signature that is in no log', async () => {
    expect(check(await sigstore.sign(good, who, () => ({ tlogEntries: [] })))).toEqual({
      problem: NOT_ALLOWED,
    })
  })

  test('the log entry of another signature', async () => {
    const { verificationMaterial } = JSON.parse((await sigstore.sign(good, who)).toString())
    const { tlogEntries } = verificationMaterial
    expect(check(await sigstore.sign(good, who, () => ({ tlogEntries })))).toEqual({ problem: NOT_ALLOWED })
  })

  test('a log entry whose time was changed', async () => {
    const bundle = await sigstore.sign(good, who, ({ tlogEntries }) => ({
      tlogEntries: (tlogEntries as object[]).map((entry) => ({
        ...entry,
        integratedTime: String(AT.getTime() / 1000 + 1),
      })),
    }))
    expect(check(bundle)).toEqual({ problem: NOT_ALLOWED })
  })

  test('the certificate of another signature', async () => {
    const { verificationMaterial } = JSON.parse((await sigstore.sign(good, who)).toString())
    const { certificate } = verificationMaterial
    expect(check(await sigstore.sign(good, who, () => ({ certificate })))).toEqual({ problem: NOT_ALLOWED })
  })

  test('a bundle with many log entries, which would take long to compare', async () => {
    const bundle = await sigstore.sign(good, who, ({ tlogEntries }) => ({
      tlogEntries: Array.from({ length: 11 }, () => (tlogEntries as object[])[0]),
    }))
    expect(check(bundle)).toEqual({ problem: NOT_ALLOWED })
  })

  test('a bundle by a key, and a bare signature', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(check(makeBundle(privateKey, good))).toEqual({ problem: NOT_ALLOWED })
    expect(check(makeMessageBundle(privateKey, manifest))).toEqual({ problem: NOT_ALLOWED })
  })

  test('a certificate where only keys are allowed', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = makeKeySigner({
      name: 'key',
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    })
    expect(checkBundle(await sigstore.sign(good, who), image, [key])).toEqual({ problem: NOT_ALLOWED })
  })
})

test('a key and an identity may both be allowed', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const signers = [
    makeKeySigner({ name: 'key', publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }),
    makeKeylessSigner({ ...sigstore, identities: [{ issuer: GITLAB, subject: { exact: PIPELINE } }] }),
  ]
  expect(checkBundle(makeBundle(privateKey, good), image, signers)).toEqual({ signedBy: { key: 'key' } })
  expect(checkBundle(await sigstore.sign(good, who), image, signers)).toEqual({ signedBy: who })
})

describe('a trusted root', () => {
  test('with an authority and a log is read', () => {
    expect(parseTrustedRoot(sigstore.trustedRoot).tlogs).toHaveLength(1)
  })

  test.each<[string, (root: Record<string, unknown>) => unknown]>([
    ['without authorities', (root) => ({ ...root, certificateAuthorities: [] })],
    ['without anything that tells the time', (root) => ({ ...root, tlogs: [] })],
    [
      'with a key that cannot be read',
      (root) => ({ ...root, ctlogs: [{ publicKey: { rawBytes: 'AAAA' } }] }),
    ],
    ['that is no object', () => []],
    ['that is nothing', () => null],
  ])('%s is refused', (_, change) => {
    const json = JSON.stringify(change(JSON.parse(sigstore.trustedRoot)))
    expect(() => parseTrustedRoot(json)).toThrow(/^expected the trusted root/)
  })

  test('that is no JSON is refused', () => {
    expect(() => parseTrustedRoot('x')).toThrow(/^expected the trusted root/)
  })
})
