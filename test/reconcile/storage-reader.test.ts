import { describe } from 'vitest'
import { startRegistry } from '../../lab/registry.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { ALLOW_FOREIGN } from './filled-registry.ts'
import { storageContract } from './storage-contract.ts'

describe('a folder of docker-registry 2.8', () => {
  storageContract(async () => {
    const registry = await startRegistry({ extra: ALLOW_FOREIGN })
    return { registry, store: makeFolderStore({ path: registry.storage }) }
  }, 120_000)
})
