import type { Dispatcher } from 'undici'
import { channelUrl } from './channel-url.ts'
import { makePace } from './pace.ts'
import { askJson, checkHost, type Post, postJson } from './post-json.ts'

/** Makes what posts JSON to the URL of a channel, once in `paceMs` at most. The URL is a secret. */
export function makeHook(options: {
  name: string
  url: string
  dispatcher?: Dispatcher | undefined
  /** In ms. */
  paceMs?: number
}) {
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
