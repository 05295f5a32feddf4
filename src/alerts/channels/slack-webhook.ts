import type { Channel } from '../channel.ts'
import type { HookOptions } from './hook.ts'
import { makeHookChannel } from './hook-channel.ts'
import { slackContent } from './slack-content.ts'

/** Slack takes one message a second. */
export const SLACK_PACE_MS = 1_000

/** A Slack incoming webhook. It cannot edit, so every message is a new one. */
export function makeSlackChannel(options: HookOptions): Channel {
  return makeHookChannel({ ...options, paceMs: SLACK_PACE_MS }, slackContent)
}
