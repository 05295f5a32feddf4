import type { TestProject } from 'vitest/node'
import { playedStage } from '../../demo/played.ts'

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
  const { url, readToken, adminToken, webhookToken, ci, close } = await playedStage()
  project.provide('stage', { url, readToken, adminToken, ciUrl: ci.url, webhookToken })
  return close
}
