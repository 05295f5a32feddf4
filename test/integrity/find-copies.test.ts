import { expect, test } from 'vitest'
import { brokenAlert, type DamagedContent } from '../../src/integrity/broken-alert.ts'
import { makeFindCopies } from '../../src/integrity/find-copies.ts'

const digest = `sha256:${'a'.repeat(64)}`
const content = (part: 'manifest' | 'child' | 'layer'): DamagedContent => ({
  damage: { digest, part, fault: 'missing', size: 5 },
  images: [
    {
      ...{ repository: 'a/x', digest, tags: ['v1'], tagCount: 1, damages: [], damageCount: 1 },
      ...{ project: 'ci/a', since: '', seenAt: '' },
    },
  ],
})
const findCopies = (trashed: string[]) =>
  makeFindCopies({
    clientOf: () => ({ readsBlob: async () => false, getManifest: async () => undefined }),
    registries: ['ci'],
    repositoriesWith: async () => [],
    isTrashed: async ({ registry, repository }) => trashed.includes(`${registry}/${repository}`),
    promotedTo: () => [],
  })

test.for(['manifest', 'child'] as const)(
  'the alert of a lost %s says that the trash has it',
  async (part) => {
    const copies = await findCopies(['ci/a/x'])('ci', content(part))
    const alert = brokenAlert('ci', { contents: [content(part)], total: 1, copiesOf: () => copies, at: '' })
    expect(alert.text).toContain('A good copy is in the trash: tallyman repair ci/a/x:v1.')
  },
)

test('the trash of another repository, and that of a layer, is no copy', async () => {
  expect(await findCopies(['ci/a/y'])('ci', content('manifest'))).toEqual([])
  expect(await findCopies(['ci/a/x'])('ci', content('layer'))).toEqual([])
})
