import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeReplayRecords } from '../../src/replay/replay-records.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

test.for(['', '{"id":', '[]', '{"id":"x"}'])(
  'a record that was cut off to "%s" is none, and hides no other',
  async (text) => {
    const path = await mkdtemp(join(tmpdir(), 'tallyman-replays-'))
    onTestFinished(() => rm(path, { recursive: true }))
    const store = makeFolderStore({ path })
    const records = makeReplayRecords({ store, now: () => 1_795_449_746_518 })
    const [cut, whole] = ['1795449746518-00000001', '1795449746518-00000002'] as const
    await store.put(`replays/${cut}.json`, text)
    await records.put({ id: whole, at: '2026-11-23T00:00:00Z', by: 'x', state: 'failed', why: 'y' })
    expect(await records.get(cut)).toBeUndefined()
    expect(await records.get(whole)).toMatchObject({ state: 'failed' })
    expect(await records.ids()).toEqual([whole, cut])
  },
)
