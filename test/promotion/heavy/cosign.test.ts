import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CosignForm,
  cosignAttest,
  cosignSign,
  cosignVerify,
  hasCosign,
  makeCosignKeys,
} from '../../../lab/cosign.ts'
import { type LabImage, makeImage, makeIndex } from '../../../lab/image.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../../lab/registry.ts'
import { SIGN_PREDICATE } from '../../../src/promotion/gates/check-bundle.ts'
import { makeReferrerGate } from '../../../src/promotion/gates/referrer-gate.ts'
import { makeSignatureGate } from '../../../src/promotion/gates/signature-gate.ts'
import { makeRegistryClient, type RegistryClient } from '../../../src/registry/client.ts'
import { subjectOf } from '../gates/cosign-captures.ts'

/** The real cosign signs; the gate says what cosign says. */
if (!hasCosign)
  process.stderr.write(
    'cosign 3 is not on the path: these tests are skipped. On Debian, lab/debian-tools.sh fetches it\n',
  )

describe.runIf(hasCosign)('signed by cosign', () => {
  const REPOSITORY = 'team/app'
  let registry: LabRegistry
  let client: RegistryClient
  let folder: string
  const keys = new Map<string, string>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyman-cosign-'))
    registry = await startRegistry()
    client = makeRegistryClient({ name: 'ci', url: registry.url })
    keys.set('ecdsa', await makeCosignKeys(folder, 'ecdsa', 'ecdsa'))
    keys.set('stranger', await makeCosignKeys(folder, 'stranger', 'ecdsa'))
    keys.set('ed25519', await makeCosignKeys(folder, 'ed25519', 'ed25519'))
  })
  afterAll(async () => {
    await client?.close()
    await registry?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  const deps = { clientOf: () => client, now: () => Date.now() * 1000 }
  const isOpen = async (key: string, digest: string, predicateType = SIGN_PREDICATE) => {
    const config = { keys: [{ name: key, publicKey: keys.get(key) ?? '' }], predicateType }
    const { state } = await makeSignatureGate({ type: 'signature', ...config }, deps).check(subjectOf(digest))
    return state === 'open'
  }

  const newImage = (seed: string, architecture = 'amd64') =>
    makeImage({ layers: [{ seed, bytes: 10 }], label: seed, architecture })

  async function push(image: LabImage) {
    await pushImage(client, REPOSITORY, 'v1', image)
    const { digest } = image.root
    return { digest, name: `${registry.host}/${REPOSITORY}@${digest}` }
  }

  test.each<[CosignForm, string]>([
    ['bundle', 'ecdsa'],
    ['bundle', 'ed25519'],
    ['simple signing', 'ecdsa'],
    ['simple signing', 'ed25519'],
  ])('%s by %s: the gate says what cosign says, of each key', async (form, key) => {
    const { digest, name } = await push(newImage(`${form} ${key}`))
    expect(await isOpen(key, digest)).toBe(false)
    await cosignSign(folder, key, name, { form })
    for (const other of keys.keys())
      expect({ key: other, open: await isOpen(other, digest) }).toEqual({
        ...{ key: other, open: await cosignVerify(folder, other, name, form) },
      })
    if (key === 'ecdsa') expect(await isOpen(key, digest)).toBe(true)
  })

  test('an index signed with --recursive, and its children', async () => {
    const children = ['amd64', 'arm64'].map((architecture) => ({
      ...{ architecture, image: newImage('recursive', architecture) },
    }))
    const { digest, name } = await push(makeIndex(children))
    await cosignSign(folder, 'ecdsa', name, { form: 'bundle', recursive: true })
    for (const one of [digest, ...children.map(({ image }) => image.root.digest)])
      expect(await isOpen('ecdsa', one)).toBe(true)
  })

  test('an index of which only a child is signed is not', async () => {
    const image = newImage('child')
    const { digest } = await push(makeIndex([{ image, architecture: 'amd64' }]))
    const child = `${registry.host}/${REPOSITORY}@${image.root.digest}`
    await cosignSign(folder, 'ecdsa', child, { form: 'bundle' })
    expect(await isOpen('ecdsa', image.root.digest)).toBe(true)
    expect(await isOpen('ecdsa', digest)).toBe(false)
  })

  test('an attestation is no signature, and counts where it is wanted', async () => {
    const { digest, name } = await push(newImage('attestation'))
    await cosignAttest(folder, 'ecdsa', name)
    expect(await isOpen('ecdsa', digest)).toBe(false)
    expect(await isOpen('ecdsa', digest, 'https://cyclonedx.org/bom')).toBe(true)
    expect(await isOpen('stranger', digest, 'https://cyclonedx.org/bom')).toBe(false)
    const artifactType = 'application/vnd.dev.sigstore.bundle.*'
    expect(await makeReferrerGate({ artifactType }, deps).check(subjectOf(digest))).toMatchObject({
      state: 'open',
    })
  })
})
