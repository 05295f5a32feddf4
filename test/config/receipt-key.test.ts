import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const pem = (pair: { privateKey: { export(options: object): string | Buffer } }) =>
  pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const key = pem(generateKeyPairSync('ed25519'))
const files = { key, ec: pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' })), text: 'no PEM' }
const rule =
  '{ name: r, from: { registry: ci, repository: a, tag: v }, to: { registry: ci, repository: b }, attachReceipt: true }'
const withPromotion = (text: string) => `${minimal}\npromotion: { ${text} }`

test('the key of receipts is read from a file', async () => {
  const { promotion } = await loadYaml(withPromotion(`receiptKeyFile: key, rules: [${rule}]`), {}, files)
  expect(promotion).toMatchObject({ receiptKey: key.trimEnd(), rules: [{ attachReceipt: true }] })
})

test.each([
  ['receiptKeyFile: ec', 'receiptKeyFile: expected a private key of ed25519 in PEM without a password'],
  ['receiptKeyFile: text', 'receiptKeyFile: expected a private key of ed25519 in PEM without a password'],
  [
    `rules: [${rule}]`,
    'attachReceipt: expected promotion.receiptKey as well: only a signed receipt is attached',
  ],
])('%s: %s', async (text, problem) => {
  expect(await problemsOf(withPromotion(text), {}, files)).toEqual([expect.stringContaining(problem)])
})
