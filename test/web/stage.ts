import type { TestProject } from 'vitest/node'
import { makeApi } from '../../demo/api.ts'
import { setStage } from '../../demo/stage.ts'
import { play } from '../../demo/story.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** A running Tallyman with the demo's data. All browser tests share it: each must leave alone what others look at. */
export interface WebStage {
  url: string
  readToken: string
  adminToken: string
  /** The registry `ci`, for tests that push images of their own, and the token with which it delivers events. */
  ciUrl: string
  webhookToken: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    stage: WebStage
  }
}

/**
 * Plays the demo once for all browser tests. `$WEB_STAGE`, the JSON of a `WebStage`, names one that is running already, such as that
 * of `npm run demo`: tests that one works on are there in a second.
 */
export default async function setup(project: TestProject) {
  if (process.env.WEB_STAGE) {
    project.provide('stage', JSON.parse(process.env.WEB_STAGE))
    return
  }
  const stage = await setStage(
    () => {},
    () => {},
    new AbortController().signal,
  )
  try {
    const { url, readToken, adminToken, webhookToken, ci, production, signer, past } = stage
    await play({
      ...{ ci, signer, past },
      ciClient: makeRegistryClient({ name: 'ci', url: ci.url }),
      productionClient: makeRegistryClient({ name: 'production', url: production.url }),
      api: makeApi(url, { read: readToken, admin: adminToken }),
      act: () => {},
      say: () => {},
    })
    project.provide('stage', { url, readToken, adminToken, ciUrl: ci.url, webhookToken })
  } catch (error) {
    await stage.close()
    throw error
  }
  return () => stage.close()
}
