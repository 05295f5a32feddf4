import { expect, it } from 'vitest'
import { upload } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { Candidate } from '../../src/space/survey.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { ALLOW_FOREIGN, contentsOf, fillRegistry } from '../reconcile/filled-registry.ts'
import { readAll } from '../reconcile/read-all.ts'
import type { StorageBed } from './contract.ts'

const projectOf = (repository: string) => repository.split('/')[0] ?? ''

/** Tests that a survey and a reconcile find the same of a registry in a store as of the same registry in a folder. */
export function storageSurveyContract(open: () => Promise<StorageBed>): void {
  it('a survey and a reconcile find in it what they find in the folder that was copied into it', async () => {
    const registry = await startRegistry({ extra: ALLOW_FOREIGN })
    try {
      const client = makeRegistryClient({ name: 'lab', url: registry.url })
      try {
        await fillRegistry(client)
        await upload(client, 'team/app', Buffer.alloc(7_000, 7))
        await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
      } finally {
        await client.close()
      }
      const folder = makeFolderStorage({ path: registry.storage })
      const { storage, put } = await open()
      for await (const { key } of folder.list('')) await put(key, (await folder.get(key)) ?? Buffer.alloc(0))
      const [ofFolder, ofStore] = await Promise.all(
        [folder, storage].map((each) => surveyStorage(each, { projectOf })),
      )
      expect(ofStore?.parts).toEqual(ofFolder?.parts)
      expect(ofFolder?.candidates.length).toBeGreaterThan(1)
      expect(ofFolder?.uploads).toHaveLength(1)
      const [inFolder, inStore] = await Promise.all(
        [folder, storage].map((store) =>
          readAll(makeStorageReader({ store, place: 'the lab' }).read({ expected: [] })),
        ),
      )
      expect(inFolder?.length).toBeGreaterThan(1)
      expect(inStore?.map(contentsOf)).toEqual(inFolder?.map(contentsOf))
      const { missing, linksWithoutBlob, unreadable } = ofFolder ?? {}
      expect(ofStore).toMatchObject({ missing, linksWithoutBlob, unreadable })
      // They were written into the two at different times.
      const withoutTime = ({ digest, size, project }: Candidate) => ({ digest, size, project })
      expect(ofStore?.candidates.map(withoutTime)).toEqual(ofFolder?.candidates.map(withoutTime))
    } finally {
      await registry.close()
    }
  })
}
