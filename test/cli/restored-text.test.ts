import { expect, test } from 'vitest'
import { notRestored, restoredText } from '../../src/cli/restored-text.ts'
import type { Restored } from '../../src/expiry/restore-image.ts'

const restored: Restored = {
  ...{ registry: 'ci', repository: 'app', digest: 'sha256:a' },
  manifests: [{ digest: 'sha256:a', outcome: 'present' }],
  tags: [
    { name: 'v1', digest: 'sha256:a', outcome: 'restored', names: 'sha256:a' },
    { name: 'v2', digest: 'sha256:a', outcome: 'elsewhere', names: 'sha256:b' },
  ],
  lost: [{ digest: 'sha256:c', tags: ['sha256-a.sig'], why: 'it needs the blob sha256:d (gone)' }],
}

test('a restore says what was put back, what was not, and what cannot come back', () => {
  expect(restoredText(restored)).toBe('put back: the tag v1 of ci/app@sha256:a')
  expect(notRestored(restored)).toEqual([
    'not put back: the tag v2, which names sha256:b by now and stays there',
    'cannot come back: sha256:c (sha256-a.sig), which belonged to the image: it needs the blob sha256:d (gone)',
  ])
})
