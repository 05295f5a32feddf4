import type { Dispatcher } from 'undici'
import { channelUrl } from './channel-url.ts'
import { makePace } from './pace.ts'
import { askJson, checkHost, type Post, postJson } from './post-json.ts'

export interface HookOptions {
  /** That of the channel. */
  name: string
  /** A secret. */
  url: string
  dispatcher?: Dispatcher | undefined
  /** How long it waits between two requests, in ms. Default: not at all. */
  paceMs?: number
}

/** Makes what posts JSON to the URL of a channel. */
export function makeHook(options: HookOptions) {
  const { name: channel, dispatcher } = options
  const url = channelUrl(channel, options.url)
  const turn = makePace(options.paceMs ?? 0)
  const postOf = (body: object, more: Partial<Post>): Post => ({
    ...{ channel, url, dispatcher, json: JSON.stringify(body) },
    ...more,
  })
  return {
    url,
    /** @throws ChannelError */
    async post(body: object, more: Partial<Post> = {}): Promise<void> {
      await turn()
      await postJson(postOf(body, more))
    },
    /** Gives the JSON of the answer, as `askJson`. @throws ChannelError */
    async ask(body: object, more: Partial<Post> = {}): Promise<unknown> {
      await turn()
      return askJson(postOf(body, more))
    },
    check: checkHost({ channel, url, dispatcher }),
  }
}
