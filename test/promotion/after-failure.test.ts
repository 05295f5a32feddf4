import { expect, test } from 'vitest'
import { afterFailure } from '../../src/promotion/after-failure.ts'
import { networkError } from '../../src/registry/network-error.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

const LABEL = { registry: 'production', operation: 'PUT blob a/x' }
const failed = (error: unknown) => afterFailure(error, { askedAt: 0, seenAt: undefined, bytes: 0 }, 0, 1_000)

test.each([
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ENOTFOUND',
  'ECONNREFUSED',
  'HPE_INVALID_CONSTANT',
])('a registry that gives no answer, %s, may give one later', (code) => {
  const error = networkError(Object.assign(new Error('no'), { code }), LABEL)
  expect(() => failed(error)).toThrow(error)
})

test('a registry that refuses is not asked again', () => {
  for (const status of [400, 403, 405, 412, 413])
    expect(failed(new RegistryError({ ...LABEL, status, reason: 'no' }))).toMatchObject({ state: 'refused' })
})

test('a request that cannot be sent is given up', () => {
  const code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  expect(failed(networkError(Object.assign(new Error('no'), { code }), LABEL))).toMatchObject({
    state: 'refused',
  })
})
