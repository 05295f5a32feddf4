import { expect, test } from 'vitest'
import { DAY, DAY_MS, digest, indexed, NOW, unresolved } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import { digestsIn, makeFindNotUnderstood } from '../../src/expiry/not-understood.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { OCI_INDEX } from '../../src/registry/manifest.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

const OLD = { 'pr-1': NOW - 30 * DAY }
const images = [
  indexed('a', { tags: OLD }),
  indexed('b', { tags: { 'pr-2': NOW - 30 * DAY } }),
  unresolved(indexed('d', { tags: { odd: NOW } })),
  unresolved(indexed('c', { tags: { later: NOW } })),
]

/** What a plan deletes if the registry gives these texts for the images that are not resolved. */
async function deletedWith(texts: Record<string, string | Error | undefined>) {
  const asked: string[] = []
  const find = makeFindNotUnderstood({
    clientOf: () => ({
      async getManifest(_, reference) {
        asked.push(reference)
        const [, text] = Object.entries(texts).find(([name]) => digest(name) === reference) ?? []
        if (text instanceof Error) throw text
        if (text === undefined) return undefined
        const bytes = Buffer.from(text)
        return { bytes, descriptor: { mediaType: OCI_INDEX, digest: reference, size: bytes.length } }
      },
    }),
    now: () => NOW,
  })
  const policy = {
    name: 'p',
    registry: 'ci',
    repository: '**',
    rules: expiring({ tag: 'pr-*', olderThan: DAY_MS }),
  }
  const plan = async () =>
    planExpiry(policy, 'ci/team', images, NOW, { notUnderstood: await find('ci', images) })
  const first = await plan()
  expect(await plan()).toEqual(first)
  return {
    deleted: first.filter(({ verdict }) => verdict === 'delete').flatMap(({ tags }) => tags),
    reasons: new Set(first.map(({ reason }) => reason)),
    asked,
  }
}

const naming = (...names: string[]) => JSON.stringify({ manifests: [{ of: names.map(digest) }] })

test('images beside what is not understood go, but for those that its text names', async () => {
  const { deleted, asked } = await deletedWith({ d: naming('a'), c: naming() })
  expect(deleted).toEqual(['pr-2'])
  // What a digest names never changes.
  expect(asked).toEqual([digest('d'), digest('c')])
})

test.each([
  [
    'its `subject`',
    ['odd'],
    { subject: { digest: digest('a') }, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' },
  ],
  ['a tag of its own', [`sha256-${digest('a').slice('sha256:'.length)}.sig`], { config: 1 }],
])('what is not understood keeps the image that it names by %s', async (_, tags, text) => {
  const odd = unresolved(indexed('d', { tags: Object.fromEntries(tags.map((tag) => [tag, NOW])) }))
  const policy = {
    name: 'p',
    registry: 'ci',
    repository: '**',
    rules: expiring({ tag: 'pr-*', olderThan: DAY_MS }),
  }
  const find = makeFindNotUnderstood({
    clientOf: () => ({
      async getManifest(_, reference) {
        const bytes = Buffer.from(JSON.stringify(text))
        return { bytes, descriptor: { mediaType: 'application/json', digest: reference, size: bytes.length } }
      },
    }),
    now: () => NOW,
  })
  const all = [...images.slice(0, 2), odd]
  const plan = planExpiry(policy, 'ci/team', all, NOW, { notUnderstood: await find('ci', all) })
  const verdicts = Object.fromEntries(
    plan.map(({ tags, verdict, reason }) => [tags[0], `${verdict}: ${reason}`]),
  )
  expect(verdicts).toEqual({
    'pr-1': `keep: it belongs to team/app:${tags[0]}, which is kept`,
    'pr-2': expect.stringContaining('delete: '),
    [tags[0] as string]: expect.stringContaining('keep: '),
  })
})

test.each([
  ['is not there', undefined],
  ['cannot be read', new RegistryError({ registry: 'ci', operation: 'GET', reason: 'no', status: 500 })],
  ['is understood, and the index does not know it yet', '{"manifests":[]}'],
])('one manifest that %s keeps all images of its repository', async (_, text) => {
  const { deleted, reasons, asked } = await deletedWith({ d: text, c: naming() })
  expect(deleted).toEqual([])
  expect(reasons).toContain('the references of team/app:odd are not known yet')
  // The second plan of the same minute does not ask again.
  expect(asked).toEqual([digest('d')])
})

test('digests are found wherever they are in a text, also if JSON writes them with escapes', () => {
  const [a, b] = [digest('a'), digest('b')]
  expect(digestsIn(Buffer.from(`{"${a}":["see ${b}!","${a}"]}`))).toEqual([a, b])
  const escaped = [...a].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('')
  expect(digestsIn(Buffer.from(`["${escaped}"`))).toEqual([a])
  expect(digestsIn(Buffer.from('no digest: sha256:12, sha1:aa'))).toEqual([])
})
