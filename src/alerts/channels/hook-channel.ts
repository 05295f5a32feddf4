import type { Channel } from '../channel.ts'
import type { Message } from '../message.ts'
import { type HookOptions, makeHook } from './hook.ts'

/** A channel that posts what `contentOf` makes of a message to a URL. It cannot edit, so every message is a new one. */
export function makeHookChannel(options: HookOptions, contentOf: (message: Message) => object): Channel {
  const hook = makeHook(options)
  return { name: options.name, send: (message) => hook.post(contentOf(message)), check: hook.check }
}
