import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFirstReading } from '../../src/reconcile/first-reading.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

test('the first reading of each registry is kept', async () => {
  const path = await mkdtemp(join(tmpdir(), 'tallyman-first-'))
  try {
    const { at, note } = makeFirstReading(makeFolderStore({ path }))
    expect(await at('ci')).toBeUndefined()
    await note('ci', 1_795_428_000_000_000)
    await note('ci', 1_795_428_000_000_001)
    expect(await makeFirstReading(makeFolderStore({ path })).at('ci')).toBe(1_795_428_000_000_000)
    expect(await at('production')).toBeUndefined()
  } finally {
    await rm(path, { recursive: true })
  }
})
