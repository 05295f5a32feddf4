import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleReceipt } from '../../lab/receipt.ts'
import { openEnvelope, signReceipt } from '../../src/promotion/envelope.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import { usePromotions } from './promotion-bed.ts'

const bed = usePromotions()
const newKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const receiptKey = newKey()
const publicKey = createPublicKey(receiptKey)

const hex = (character: string) => character.repeat(64)
const receipt = sampleReceipt({ id: 'p1', at: '2026-11-23T16:03:10.000Z' })
const payloadOf = ({ payload }: { payload: string }) => JSON.parse(Buffer.from(payload, 'base64').toString())

test('a receipt is signed as DSSE says, in an in-toto statement about the image at the target', () => {
  const envelope = signReceipt(receipt, receiptKey)
  expect(payloadOf(envelope)).toEqual({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'production/app:v1', digest: { sha256: hex('a') } }],
    predicateType: 'urn:tallyman:promotion-receipt:v1',
    predicate: receipt,
  })
  const { payloadType, signatures } = envelope
  expect(payloadType).toBe('application/vnd.in-toto+json')
  const payload = Buffer.from(envelope.payload, 'base64').toString()
  const encoded = `DSSEv1 28 application/vnd.in-toto+json ${Buffer.byteLength(payload)} ${payload}`
  const [{ sig = '', keyid = '' } = {}] = signatures
  expect(verify(null, Buffer.from(encoded), publicKey, Buffer.from(sig, 'base64'))).toBe(true)
  expect(keyid).toMatch(/^[0-9a-f]{64}$/)
})

test('the statement of a rollback that deleted a tag is about the image that lost it', () => {
  const { digest: replaced = '', ...rest } = receipt
  const undone: PromotionReceipt = { ...rest, kind: 'rollback', rolledBack: 'p1', replaced }
  expect(payloadOf(signReceipt(undone, receiptKey)).subject[0].digest).toEqual({ sha256: hex('a') })
  expect(openEnvelope(signReceipt(undone, receiptKey), publicKey)).toEqual(undone)
})

test('an envelope opens with its key, and not once a bit of it has changed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat({ max: 7 }), (by, at, bit) => {
      const envelope = signReceipt({ ...receipt, by }, receiptKey)
      expect(openEnvelope(envelope, publicKey)).toEqual({ ...receipt, by })
      const bytes = Buffer.from(envelope.payload, 'base64')
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit)
      expect(() => openEnvelope({ ...envelope, payload: bytes.toString('base64') }, publicKey)).toThrow(
        'it was changed after it was signed',
      )
    }),
  )
})

test('an envelope does not open with another key, as another type, or if it is no envelope', () => {
  const envelope = signReceipt(receipt, receiptKey)
  expect(() => openEnvelope(envelope, createPublicKey(newKey()))).toThrow('has not signed it')
  expect(() => openEnvelope({ ...envelope, payloadType: 'text/plain' }, publicKey)).toThrow(
    'it was changed after it was signed',
  )
  const { publicKey: ec } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  expect(() => openEnvelope(envelope, ec)).toThrow('has not signed it')
  expect(() => openEnvelope({ ...envelope, signatures: [] }, publicKey)).toThrow('it names no key')
  expect(() => openEnvelope(receipt, publicKey)).toThrow('it is no DSSE envelope')
})

const attached = async ({ to, digest = '' }: PromotionReceipt) => {
  const client = bed.clientOf('production')
  const referrers = await client.referrers(to.repository, digest)
  return Promise.all(
    referrers.map(async (one) => {
      const found = await client.getManifest(to.repository, one.digest)
      const { subject, layers, config } = parseManifest(found?.bytes ?? Buffer.alloc(0), one.mediaType)
      const content = await text(await client.getBlob(to.repository, layers[0]?.digest ?? ''))
      return { ...one, subject: subject?.digest, layers: layers.length, config: config?.mediaType, content }
    }),
  )
}

test('a signed receipt is stored, and attached once to the image, however often that is tried', async () => {
  const { promote, receipts } = bed.setUp({ attachReceipt: true }, { receiptKey })
  const { job } = await bed.release()
  const receipt = await promote(job)
  const envelope = (await receipts.envelope(receipt.id))?.toString() ?? ''
  expect(openEnvelope(JSON.parse(envelope), publicKey)).toEqual(receipt)
  await promote(job)
  expect(await attached(receipt)).toMatchObject([
    {
      ...{ artifactType: 'application/vnd.in-toto+json', subject: job.digest, layers: 1 },
      ...{ config: 'application/vnd.oci.empty.v1+json', content: envelope },
    },
  ])
})

test('nothing is attached unless the rule says so, and nothing is signed without a key', async () => {
  const { promote, receipts } = bed.setUp({}, { receiptKey })
  const receipt = await promote((await bed.release()).job)
  expect(await receipts.envelope(receipt.id)).toBeDefined()
  expect(await attached(receipt)).toEqual([])
  const unsigned = bed.setUp({ attachReceipt: true })
  const other = await unsigned.promote((await bed.release()).job)
  expect(await unsigned.receipts.envelope(other.id)).toBeUndefined()
  expect(await attached(other)).toEqual([])
})

test('a target that takes no receipt for now gets it later; one that refuses it has the image all the same', async () => {
  const { attempt, receipts, warnings } = bed.setUp({ attachReceipt: true }, { receiptKey })
  const { job } = await bed.release()
  const tagUrl = `/manifests/${job.to.tag}`
  let isTagged = false
  const failWith = (status: number) =>
    bed.registries.production.onRequest(({ method, path }) => {
      if (isTagged && method === 'PUT' && path.includes('/manifests/')) return status
      isTagged ||= method === 'PUT' && path.endsWith(tagUrl)
      return undefined
    })
  failWith(503)
  const first = await attempt(job)
  expect(first).toMatchObject({
    state: 'waiting',
    why: expect.stringContaining('its receipt is not attached'),
  })
  expect(await bed.atTarget(job)).toBe(job.digest)
  failWith(403)
  expect(await attempt(job)).toMatchObject({ state: 'promoted' })
  expect(warnings).toEqual([expect.stringContaining('403')])
  bed.registries.production.reset()
  const [receipt] = await receipts.recent(1)
  expect(await attempt(job)).toEqual({ state: 'promoted', receipt })
  expect(await attached(receipt as PromotionReceipt)).toHaveLength(1)
})

test('a target that says it has a part of the receipt, which it has lost, is sent it', async () => {
  const { promote, warnings } = bed.setUp({ attachReceipt: true }, { receiptKey })
  const { job } = await bed.release()
  bed.registries.production.onRequest(({ method, path }) =>
    method === 'HEAD' && path.includes('/blobs/') ? { bends: { status: 200 } } : undefined,
  )
  const receipt = await promote(job)
  expect(warnings).toEqual([])
  bed.registries.production.reset()
  expect(await attached(receipt)).toHaveLength(1)
})

test('a signed receipt goes with its receipt when that is old', async () => {
  const { receipts, store, promote } = bed.setUp({}, { receiptKey })
  const receipt = await promote((await bed.release()).job)
  await receipts.forget(new Date(Date.parse(receipt.at) + 2 * 86_400_000))
  expect(await Array.fromAsync(store.list('promotion-'), ({ key }) => key.split('/')[0])).toEqual([
    'promotion-targets',
  ])
})
