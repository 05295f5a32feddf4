import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CosignForm,
  cosignAttest,
  cosignSign,
  cosignVerify,
  cosignVerifyAttestation,
  hasCosign,
  makeCosignKeys,
} from '../../../lab/cosign.ts'
import { type LabImage, makeImage, makeIndex, signatureTag } from '../../../lab/image.ts'
import { eventually } from '../../../lab/tallyman.ts'
import { digestOfTag, keyOf, pushCaptures } from '../gates/cosign-captures.ts'
import { digestAt, prepare, startTrials, type Trials } from '../trials-bed.ts'

/** The real cosign accepts at the target what the whole service promoted. */
if (!hasCosign)
  process.stderr.write(
    'cosign 3 is not on the path: these tests are skipped. On Debian, lab/debian-tools.sh fetches it\n',
  )

describe.runIf(hasCosign)('cosign at the target', () => {
  let trials: Trials
  let folder: string
  const FORMS: CosignForm[] = ['bundle', 'simple signing']

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallyman-cosign-'))
    for (const name of ['ours', 'stranger']) await makeCosignKeys(folder, name, 'ecdsa')
    for (const name of ['cosign', 'ed25519', 'other'] as const)
      await writeFile(join(folder, `${name}.pub`), keyOf(name).publicKey)
    trials = await startTrials({
      rules: [
        {
          name: 'releases',
          from: { registry: 'ci', repository: 'team/**', tag: '{v*,multi}' },
          to: { registry: 'production', repository: 'released/{repository}' },
          settle: '100ms',
        },
      ],
    })
  })
  afterAll(async () => {
    await trials?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  const atSource = (repository: string, digest: string) =>
    `${trials.ci.registry.host}/${repository}@${digest}`
  const atTarget = (repository: string, reference: string) =>
    `${trials.production.registry.host}/released/${repository}${reference.includes(':') ? '@' : ':'}${reference}`

  /** Resolves once the target lists all that the source lists about a manifest, and has its tags of cosign. */
  async function arrived(repository: string, digest: string) {
    const { ci, production } = trials
    const target = `released/${repository}`
    const listed = (await ci.client.referrers(repository, digest)).map((one) => one.digest).toSorted()
    await eventually(
      async () => (await production.client.referrers(target, digest)).map((one) => one.digest).toSorted(),
      (all) => String(all) === String(listed),
    )
    for (const tag of [signatureTag(digest), signatureTag(digest).replace(/sig$/, 'att')]) {
      const wanted = await digestAt(ci.client, repository, tag)
      await eventually(
        () => digestAt(production.client, target, tag),
        (found) => found === wanted,
      )
    }
  }

  describe('what cosign 3.1.1 had signed', () => {
    const REPOSITORY = 'team/captures'
    const TAGS = ['v1', 'v2', 'v3', 'multi']
    beforeAll(async () => {
      await pushCaptures(trials.ci.client, REPOSITORY)
      await trials.ended(`${REPOSITORY}/`, TAGS.length)
      for (const tag of TAGS) await arrived(REPOSITORY, digestOfTag(tag))
    })

    test.each<[tag: string, key: string, form: CosignForm]>([
      ['v1', 'cosign', 'bundle'],
      ['v1', 'cosign', 'simple signing'],
      ['v2', 'cosign', 'bundle'],
      ['v3', 'other', 'bundle'],
      ['multi', 'cosign', 'bundle'],
    ])('%s by %s, as a %s', async (tag, key, form) => {
      for (const reference of [tag, digestOfTag(tag)])
        expect(await cosignVerify(folder, key, atTarget(REPOSITORY, reference), form)).toBe(true)
    })

    test('the attestation of v1', async () => {
      const image = atTarget(REPOSITORY, 'v1')
      expect(await cosignVerifyAttestation(folder, 'cosign', image, 'bundle')).toBe(true)
    })

    test('no signature by another key', async () => {
      expect(await cosignVerify(folder, 'cosign', atTarget(REPOSITORY, 'v3'), 'bundle')).toBe(false)
      expect(await cosignVerify(folder, 'other', atTarget(REPOSITORY, 'v1'), 'bundle')).toBe(false)
      const image = atTarget(REPOSITORY, 'v2')
      expect(await cosignVerifyAttestation(folder, 'other', image, 'bundle')).toBe(false)
    })
  })

  const image = (seed: string, architecture = 'amd64') =>
    makeImage({ layers: [{ seed, bytes: 10 }], label: seed, architecture })
  const indexOf = (seed: string) =>
    makeIndex(['amd64', 'arm64'].map((architecture) => ({ architecture, image: image(seed, architecture) })))

  /** Signs an image in a form, or an index with all that it lists, and attests it. */
  async function sign(repository: string, { root }: LabImage, form: CosignForm) {
    const name = atSource(repository, root.digest)
    await cosignSign(folder, 'ours', name, { form, recursive: true })
    await cosignAttest(folder, 'ours', name, form)
  }

  /** cosign accepts each manifest of the image at the target, and its attestation, by our key alone. */
  async function expectSigned(repository: string, signed: LabImage, form: CosignForm) {
    const { digest } = signed.root
    for (const one of signed.manifests.keys()) {
      await arrived(repository, one)
      expect(await cosignVerify(folder, 'ours', atTarget(repository, one), form)).toBe(true)
    }
    for (const reference of ['v1', digest]) {
      const name = atTarget(repository, reference)
      expect(await cosignVerify(folder, 'ours', name, form)).toBe(true)
      expect(await cosignVerifyAttestation(folder, 'ours', name, form)).toBe(true)
    }
    expect(await cosignVerify(folder, 'stranger', atTarget(repository, digest), form)).toBe(false)
  }

  test.each(FORMS)('an index that is signed before it is released, as a %s', async (form) => {
    const repository = `team/before-${form.length}`
    const index = indexOf(repository)
    const put = await prepare(trials.ci.client, repository, index)
    await put(index.root.digest)
    await sign(repository, index, form)
    await put('v1')
    await trials.ended(`${repository}/`)
    await expectSigned(repository, index, form)
  })

  test.each(FORMS)('an index that is signed after it was released, as a %s', async (form) => {
    const repository = `team/after-${form.length}`
    const index = indexOf(repository)
    await (await prepare(trials.ci.client, repository, index))('v1')
    await trials.ended(`${repository}/`)
    expect(await cosignVerify(folder, 'ours', atTarget(repository, 'v1'), form)).toBe(false)
    await sign(repository, index, form)
    await expectSigned(repository, index, form)
  })

  test('a second signature beside the first, once both were made after the release', async () => {
    const repository = 'team/twice'
    const released = image(repository)
    const { digest } = released.root
    await (await prepare(trials.ci.client, repository, released))('v1')
    await trials.ended(`${repository}/`)
    for (const key of ['ours', 'stranger'])
      for (const form of FORMS) await cosignSign(folder, key, atSource(repository, digest), { form })
    await arrived(repository, digest)
    for (const key of ['ours', 'stranger'])
      for (const form of FORMS)
        expect(await cosignVerify(folder, key, atTarget(repository, digest), form)).toBe(true)
  })
})
