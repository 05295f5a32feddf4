import { makeRegistryClient } from '../src/registry/client.ts'
import { makeApi } from './api.ts'
import { type Stage, setStage } from './stage.ts'
import { play } from './story.ts'

const silent = () => {}

/** Plays the story in silence, and leaves everything running: browser tests and pictures of the dashboard are of its data. */
export async function playedStage(): Promise<Stage> {
  const stage = await setStage(silent, silent, new AbortController().signal)
  try {
    const { url, readToken, adminToken, ci, production, signer, past } = stage
    await play({
      ...{ ci, signer, past },
      ciClient: makeRegistryClient({ name: 'ci', url: ci.url }),
      productionClient: makeRegistryClient({ name: 'production', url: production.url }),
      api: makeApi(url, { read: readToken, admin: adminToken }),
      ...{ act: silent, say: silent },
    })
    return stage
  } catch (error) {
    await stage.close()
    throw error
  }
}
