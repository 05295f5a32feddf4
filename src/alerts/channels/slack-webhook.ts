import type { Dispatcher } from 'undici'
import type { Channel } from '../channel.ts'
import { makeHook } from './hook.ts'
import { slackContent } from './slack-content.ts'

/** Slack takes one message a second. */
export const SLACK_PACE_MS = 1_000

/** A Slack incoming webhook. It cannot edit, so every message is a new one. */
export function makeSlackChannel(options: {
  name: string
  url: string
  dispatcher?: Dispatcher | undefined
}): Channel {
  const hook = makeHook({ ...options, paceMs: SLACK_PACE_MS })
  return { name: options.name, send: (message) => hook.post(slackContent(message)), check: hook.check }
}
